import { isNumber, isRecord } from './json'

/** Comparisons of the characters alone, by the server's names. */
export const LITERAL_METHODS = ['jaccard', 'edit', 'tfidf'] as const

export type LiteralMethod = (typeof LITERAL_METHODS)[number]

/** How alike two sentences are by their characters, in [0, 1]. */
export type Literal = Record<LiteralMethod, number>

/** In which way meaning and characters are far apart. */
export type Contrast = 'sameMeaning' | 'sameWording'

/** The comparisons in a reply's `methods`; servers that have none leave it out. */
export function readLiteral(methods: unknown): Literal | undefined {
  return isLiteral(methods) ? methods : undefined
}

function isLiteral(methods: unknown): methods is Literal {
  return isRecord(methods) && LITERAL_METHODS.every((method) => isNumber(methods[method]))
}

/** From where on two sentences are written alike. */
const ALIKE = 0.6

/** Whether the sentences are written alike; nobody knows where the server does not say. */
export function isWrittenAlike(literal: Literal | undefined): boolean {
  return literal !== undefined && largestOf(literal) >= ALIKE
}

function largestOf(literal: Literal): number {
  return Math.max(...LITERAL_METHODS.map((method) => literal[method]))
}

/** What is compared with the characters: a score, as far as it is needed for that. */
interface Compared {
  similarity: number
  calibrated: boolean
  literal?: Literal
}

/** Whether the meaning is close and the wording is not, or the other way round. */
export function contrastOf({ similarity, calibrated, literal }: Compared): Contrast | undefined {
  // Plain cosines are high for everything, so they contrast with nothing.
  if (!calibrated || !literal) {
    return undefined
  }
  const largest = largestOf(literal)
  // Where it would be called a repeat.
  if (similarity >= 0.8 && largest <= 0.35) {
    return 'sameMeaning'
  }
  if (largest >= ALIKE && largest - similarity >= 0.25) {
    return 'sameWording'
  }
  return undefined
}
