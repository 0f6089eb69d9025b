import { apiKey } from './apiKey'
import { isNumber, isRecord } from './json'
import { LITERAL_METHODS, readLiteral, type Literal } from './literal'
import type { Pair, Side } from './pair'
import { readNotes, type Note } from './notes'
import { readReasons, type Reasons } from './reasons'

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
  /** How alike the sentences are by their characters; older servers do not say. */
  literal?: Literal
  /** What the score does not show; older servers do not say. */
  notes: Note[]
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
  const score = await ask(pair, { methods: LITERAL_METHODS, notes: true }, readScore, signal)
  return { ...score, milliseconds: performance.now() - started }
}

/** Asks once why a pair scores as it does, which costs the server a pass for every word. Throws as `requestScore` does. */
export function requestReasons(pair: Pair, signal: AbortSignal): Promise<Reasons> {
  return ask(pair, { explain: true }, (body) => (isRecord(body) ? readReasons(body.explain) : undefined), signal)
}

/** `read` finds the answer in what the server sends; without one the reply makes no sense. */
async function ask<T>(
  pair: Pair,
  options: Record<string, unknown>,
  read: (body: unknown) => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  const response = await send({ sentence_a: pair.a, sentence_b: pair.b, ...options }, signal)
  const body = await readJson(response)
  if (!response.ok) {
    throw new RequestFailed(readFailure(response, body))
  }
  const answer = read(body)
  if (answer === undefined) {
    throw new RequestFailed({ kind: 'unreadable', status: response.status })
  }
  return answer
}

async function send(body: Record<string, unknown>, signal: AbortSignal): Promise<Response> {
  try {
    // Relative, since a proxy may serve the page under a prefix.
    return await fetch('./similarity', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(apiKey.value && { Authorization: `Bearer ${apiKey.value}` }),
      },
      body: JSON.stringify(body),
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

function readScore(body: unknown): Omit<Score, 'milliseconds'> | undefined {
  if (!isScore(body)) {
    return undefined
  }
  const { similarity, cosine, calibrated, model, truncated, methods, notes } = body
  return { similarity, cosine, calibrated, model, truncated, literal: readLiteral(methods), notes: readNotes(notes) }
}

function isScore(body: unknown): body is Omit<Score, 'milliseconds' | 'literal' | 'notes'> & { methods?: unknown; notes?: unknown } {
  return (
    isRecord(body) &&
    isNumber(body.similarity) &&
    isNumber(body.cosine) &&
    typeof body.calibrated === 'boolean' &&
    typeof body.model === 'string' &&
    typeof body.truncated === 'boolean'
  )
}
