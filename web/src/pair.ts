/** Two sentences. */
export interface Pair {
  a: string
  b: string
}

/** Which of the two. */
export type Side = keyof Pair

export const SIDES: readonly Side[] = ['a', 'b']

/**
 * Whether nothing in the text is visible. The server decides in the end; what it does not count as
 * visible (white space, control characters, characters without width) is mostly the same here.
 */
export function isBlank(text: string): boolean {
  return /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}]*$/u.test(text)
}

export function samePair(one: Pair, other: Pair): boolean {
  return one.a === other.a && one.b === other.b
}

/** Whether a text has a letter, a digit or a picture: of punctuation alone nobody knows what it means. */
export function saysSomething(text: string): boolean {
  return /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(text)
}
