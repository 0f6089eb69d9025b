import { onScopeDispose, readonly, shallowRef, watch, type Ref } from 'vue'

/** Whole seconds since `running` last became true; 0 while it is false. */
export function useElapsed(running: Ref<boolean>): Readonly<Ref<number>> {
  const seconds = shallowRef(0)
  let timer: ReturnType<typeof setInterval> | undefined

  function stop(): void {
    clearInterval(timer)
    seconds.value = 0
  }

  watch(
    running,
    (runs) => {
      stop()
      if (runs) {
        // By the clock, since a tab in the background ticks rarely.
        const started = performance.now()
        timer = setInterval(() => (seconds.value = Math.floor((performance.now() - started) / 1000)), 250)
      }
    },
    { immediate: true },
  )
  onScopeDispose(stop)
  return readonly(seconds)
}
