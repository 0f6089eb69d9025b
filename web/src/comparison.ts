import { computed, shallowRef } from 'vue'

import { RequestFailed, requestScore, type Failure, type Score } from './api'
import type { Pair } from './pair'

/** How long a comparison may take, with the time in which the model is loaded. */
const PATIENCE_MS = 120_000

/** `loading`: the server's model is not ready, so the request is repeated until it is. */
export type Phase = 'idle' | 'computing' | 'loading'

/** A score and the sentences that it belongs to. */
export interface Result {
  pair: Pair
  score: Score
}

/** One comparison at a time; whatever arrives for an abandoned one is ignored. */
export function useComparison() {
  const phase = shallowRef<Phase>('idle')
  const result = shallowRef<Result>()
  const failure = shallowRef<Failure>()
  let current: AbortController | undefined

  async function compare(pair: Pair): Promise<void> {
    abandon()
    const own = new AbortController()
    current = own
    phase.value = 'computing'
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      own.abort()
    }, PATIENCE_MS)
    try {
      const score = await scoreWhenLoaded(pair, own.signal)
      if (current === own) {
        result.value = { pair, score }
      }
    } catch (error) {
      if (current === own) {
        result.value = undefined
        failure.value = timedOut ? { kind: 'timeout' } : failureOf(error)
      }
    } finally {
      clearTimeout(timer)
      if (current === own) {
        phase.value = 'idle'
      }
    }
  }

  async function scoreWhenLoaded(pair: Pair, signal: AbortSignal): Promise<Score> {
    for (;;) {
      try {
        return await requestScore(pair, signal)
      } catch (error) {
        const reason = failureOf(error)
        if (signal.aborted || reason.kind !== 'refused' || reason.code !== 'loading') {
          throw error
        }
        phase.value = 'loading'
        await pause(reason.retryAfterMs, signal)
      }
    }
  }

  /** Stops what is under way and takes back the last failure; the last result stays. */
  function abandon(): void {
    current?.abort()
    current = undefined
    phase.value = 'idle'
    failure.value = undefined
  }

  const busy = computed(() => phase.value !== 'idle')
  return { phase, busy, result, failure, compare, abandon }
}

/** What went wrong; anything that is not a failed request is a fault of the page. */
function failureOf(error: unknown): Failure {
  if (error instanceof RequestFailed) {
    return error.failure
  }
  throw error
}

/** Waits, or ends at once when the comparison is abandoned. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
