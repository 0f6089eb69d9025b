import { computed, onScopeDispose, shallowRef } from 'vue'

import { RequestFailed, type Failure } from './api'
import type { Pair } from './pair'

/** How long an answer may take, with the time in which the model is loaded. */
const PATIENCE_MS = 120_000

/** `loading`: the server's model is not ready, so the request is repeated until it is. */
export type Phase = 'idle' | 'computing' | 'loading'

/** What was answered, and the sentences that it belongs to. */
export interface Answer<T> {
  pair: Pair
  value: T
}

/** Asks about pairs with `request`, one at a time; whatever arrives for an abandoned pair is ignored. */
export function useAsking<T>(request: (pair: Pair, signal: AbortSignal) => Promise<T>) {
  const phase = shallowRef<Phase>('idle')
  const answer = shallowRef<Answer<T>>()
  const failure = shallowRef<Failure>()
  let current: AbortController | undefined

  async function ask(pair: Pair): Promise<void> {
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
      const value = await requestWhenLoaded(pair, own.signal)
      if (current === own) {
        answer.value = { pair, value }
      }
    } catch (error) {
      if (current === own) {
        answer.value = undefined
        failure.value = timedOut ? { kind: 'timeout' } : failureOf(error)
      }
    } finally {
      clearTimeout(timer)
      if (current === own) {
        phase.value = 'idle'
      }
    }
  }

  async function requestWhenLoaded(pair: Pair, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await request(pair, signal)
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

  /** Stops what is under way and takes back the last failure; the last answer stays. */
  function abandon(): void {
    current?.abort()
    current = undefined
    phase.value = 'idle'
    failure.value = undefined
  }

  // Nobody is left to read the answer.
  onScopeDispose(abandon)

  const busy = computed(() => phase.value !== 'idle')
  return { phase, busy, answer, failure, ask, abandon }
}

/** What went wrong; anything that is not a failed request is a fault of the page. */
function failureOf(error: unknown): Failure {
  if (error instanceof RequestFailed) {
    return error.failure
  }
  throw error
}

/** Waits, or ends at once when the question is abandoned. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
