import { apiKey } from './apiKey'
import type { Pair, Side } from './pair'

/** What the server says about a pair. */
export interface Score {
  /** In [0, 1]. */
  similarity: number
  /** In [-1, 1]. */
  cosine: number
  calibrated: boolean
  model: string
  /** Either sentence was longer than the model reads. */
  truncated: boolean
  /** From sending the request to reading the reply. */
  milliseconds: number
}

/** Why there is no score. */
export type Failure =
  | { kind: 'refused'; code: string; message: string; side?: Side; retryAfterMs: number }
  | { kind: 'unreadable'; status: number }
  | { kind: 'unreachable' }
  | { kind: 'timeout' }

/** Whether the server wants a key, or another one. */
export function asksForKey(failure: Failure | undefined): boolean {
  return failure?.kind === 'refused' && (failure.code === 'missing_key' || failure.code === 'invalid_key')
}

export class RequestFailed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.kind)
  }
}

/** Asks the server once. Throws `RequestFailed`, also when `signal` ends the request. */
export async function requestScore(pair: Pair, signal: AbortSignal): Promise<Score> {
  const started = performance.now()
  const response = await send(pair, signal)
  const body = await readJson(response)
  if (!response.ok) {
    throw new RequestFailed(readFailure(response, body))
  }
  if (!isScore(body)) {
    throw new RequestFailed({ kind: 'unreadable', status: response.status })
  }
  const { similarity, cosine, calibrated, model, truncated } = body
  return { similarity, cosine, calibrated, model, truncated, milliseconds: performance.now() - started }
}

async function send(pair: Pair, signal: AbortSignal): Promise<Response> {
  try {
    // Relative, since a proxy may serve the page under a prefix.
    return await fetch('./similarity', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(apiKey.value && { Authorization: `Bearer ${apiKey.value}` }),
      },
      body: JSON.stringify({ sentence_a: pair.a, sentence_b: pair.b }),
      signal,
    })
  } catch {
    throw new RequestFailed({ kind: 'unreachable' })
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (error) {
    // A body that breaks off is not the same as a page of a proxy.
    const isJson = !(error instanceof SyntaxError)
    throw new RequestFailed(isJson ? { kind: 'unreachable' } : { kind: 'unreadable', status: response.status })
  }
}

function readFailure(response: Response, body: unknown): Failure {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {}
  const { code, message, field } = error
  if (typeof code !== 'string' || typeof message !== 'string') {
    return { kind: 'unreadable', status: response.status }
  }
  const side = field === 'sentence_a' ? 'a' : field === 'sentence_b' ? 'b' : undefined
  return { kind: 'refused', code, message, side, retryAfterMs: readRetryAfter(response) }
}

/** `Retry-After` in milliseconds, within what a person waits for. */
function readRetryAfter(response: Response): number {
  const seconds = Number(response.headers.get('Retry-After') ?? 1)
  return 1000 * Math.min(Math.max(Number.isFinite(seconds) ? seconds : 1, 0.5), 10)
}

function isScore(body: unknown): body is Omit<Score, 'milliseconds'> {
  return (
    isRecord(body) &&
    Number.isFinite(body.similarity) &&
    Number.isFinite(body.cosine) &&
    typeof body.calibrated === 'boolean' &&
    typeof body.model === 'string' &&
    typeof body.truncated === 'boolean'
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
