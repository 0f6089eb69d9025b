import type { Word } from './reasons'

/** A run of a sentence: a word, or what stands between words. */
export interface Piece {
  text: string
  isWord: boolean
  /** How strong its colour is, in [0, 1]. */
  shade: number
  /** Its weight in percent, where that is worth saying. */
  percent?: number
}

/** Least weight that is written down; below it the colour is enough. */
const LEAST_NAMED = 0.05

/** What follows the last word: punctuation, or, when the model did not read to the end, thousands of characters. */
const LONGEST_REST = 12

/** Cuts a sentence into its words and what stands between. The heaviest word has the full colour. */
export function shadedPieces(sentence: string, words: readonly Word[]): Piece[] {
  // By code points, as the server counts; a string's own units would halve an emoji.
  const characters = [...sentence]
  const heaviest = Math.max(0, ...words.map((word) => word.weight))
  const pieces: Piece[] = []
  let at = 0
  for (const { start, end, weight } of words) {
    pieces.push({ text: characters.slice(at, start).join(''), isWord: false, shade: 0 })
    pieces.push({
      text: characters.slice(start, end).join(''),
      isWord: true,
      shade: heaviest > 0 ? weight / heaviest : 0,
      percent: weight >= LEAST_NAMED ? Math.round(100 * weight) : undefined,
    })
    at = end
  }
  const rest = characters.slice(at)
  pieces.push({
    text: rest.length > LONGEST_REST ? `${rest.slice(0, LONGEST_REST).join('')}…` : rest.join(''),
    isWord: false,
    shade: 0,
  })
  return pieces.filter((piece) => piece.text !== '')
}
