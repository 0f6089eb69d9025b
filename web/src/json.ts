// What arrives from the server is unknown until it is looked at.

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

export function isNumber(value: unknown): value is number {
  return Number.isFinite(value)
}

/** Whether it is a whole number from 0. */
export function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** Whether it is a list of nothing but such items. */
export function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem)
}
