/** A similarity in words. */
export type Band = 'same' | 'close' | 'related' | 'unrelated'

/**
 * Where bands begin. A calibrated similarity is the grade that a pair has on the average, of a scale on which 1 is the same
 * meaning, 0.75 nearly the same, 0.5 the same topic, 0.25 loosely related and 0 unrelated. Of the graded pairs that no
 * calibration was fitted on, seven in ten of those from 0.7 on have a grade of 0.75 or more, and nine in ten of those below
 * 0.3 one of 0.25 or less. From 0.9 on there are hardly any but those that mean the same, and traps: another number, a
 * negation, which notes tell.
 */
const BANDS: readonly [number, Band][] = [
  [0.9, 'same'],
  [0.7, 'close'],
  [0.3, 'related'],
]

/** The band of a similarity that is calibrated; a plain cosine has none. */
export function bandOf(similarity: number): Band {
  return BANDS.find(([from]) => similarity >= from)?.[1] ?? 'unrelated'
}
