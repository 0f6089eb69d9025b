import { isListOf, isRecord } from './json'

/** What a score does not show. */
export interface Note {
  /** `number`, `time`, `negation`, `opposite`, `order`, `truncated`, `unknown`, or what later servers add. */
  kind: string
  /** A sentence in English. */
  message: string
  /** The words of each sentence that it is about. */
  a: string[]
  b: string[]
}

/** Kinds of notes on what the sentences say, which a high score hides. */
const DOUBTS: readonly string[] = ['number', 'time', 'negation', 'opposite', 'order']

/** The notes in a reply; servers that have none leave them out. */
export function readNotes(notes: unknown): Note[] {
  return isListOf(notes, isNote) ? notes : []
}

/** Whether the sentences may say something else although they read alike. */
export function raisesDoubt(notes: readonly Note[]): boolean {
  return notes.some((note) => DOUBTS.includes(note.kind))
}

function isNote(value: unknown): value is Note {
  return (
    isRecord(value) &&
    typeof value.kind === 'string' &&
    typeof value.message === 'string' &&
    isListOf(value.a, isText) &&
    isListOf(value.b, isText)
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
