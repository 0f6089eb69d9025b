import { readonly, ref } from 'vue'

// Of this server alone: a proxy may show others under the same origin.
const STORAGE_KEY = `yuyi.key ${new URL('.', location.href).pathname}`

const key = ref(stored())

/** The key that requests are sent with; empty: none. */
export const apiKey = readonly(key)

/** Whether a server may have given out such a key, so that it can stand in a header. */
export function isKey(text: string): boolean {
  return /^[\x21-\x2b\x2d-\x7e]{1,512}$/.test(text)
}

/** Keeps a key for as long as the tab is open; an empty one is forgotten. */
export function keepKey(next: string): void {
  key.value = next
  try {
    if (next) {
      sessionStorage.setItem(STORAGE_KEY, next)
    } else {
      sessionStorage.removeItem(STORAGE_KEY)
    }
  } catch {
    // Storage may be forbidden; the key then lasts as long as the page.
  }
}

function stored(): string {
  try {
    const kept = sessionStorage.getItem(STORAGE_KEY) ?? ''
    return isKey(kept) ? kept : ''
  } catch {
    return ''
  }
}
