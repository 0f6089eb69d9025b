import { isListOf, isNumber, isPlace, isRecord } from './json'
import type { Side } from './pair'

/** A word of a sentence, and how much of the score comes from it. */
export interface Word {
  text: string
  /** Its first character and the one after its last, in Unicode characters and not in the units of a string. */
  start: number
  end: number
  /** Its share of its sentence; those of a sentence add up to 1, or are all 0. */
  weight: number
}

/** Two words that go together, by their places in the lists. */
export interface Link {
  a: number
  b: number
  similarity: number
}

/** What a score comes from. */
export interface Reasons extends Record<Side, Word[]> {
  links: Link[]
}

/** The reasons in a reply's `explain`. */
export function readReasons(explain: unknown): Reasons | undefined {
  return isReasons(explain) ? explain : undefined
}

/** The linked words, the strongest links first, `most` of them; what reads the same is listed once. */
export function strongestLinks({ a, b, links }: Reasons, most: number): Record<Side, string>[] {
  const pairs = [...links]
    .sort((one, other) => other.similarity - one.similarity)
    .map((link) => ({ a: a[link.a]?.text ?? '', b: b[link.b]?.text ?? '' }))
  return [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()].slice(0, most)
}

function isReasons(value: unknown): value is Reasons {
  return (
    isRecord(value) &&
    isListOf(value.a, isWord) &&
    isListOf(value.b, isWord) &&
    isListOf(value.links, isLink)
  )
}

function isWord(value: unknown): value is Word {
  return (
    isRecord(value) &&
    typeof value.text === 'string' &&
    isPlace(value.start) &&
    isPlace(value.end) &&
    isNumber(value.weight)
  )
}

function isLink(value: unknown): value is Link {
  return isRecord(value) && isPlace(value.a) && isPlace(value.b) && isNumber(value.similarity)
}
