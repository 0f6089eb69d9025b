import { computed, ref, watchEffect } from 'vue'

import { en, zh, type Messages } from './messages'

export type Language = 'zh' | 'en'

const TEXTS: Record<Language, Messages> = { zh, en }
const STORAGE_KEY = 'yuyi.language'

const language = ref<Language>(readChoice() ?? preferredBy(navigator.languages))

/** The page's texts in the current language. */
export const texts = computed(() => TEXTS[language.value])

/** Changes to the other language and remembers it. */
export function switchLanguage(): void {
  language.value = language.value === 'zh' ? 'en' : 'zh'
  try {
    localStorage.setItem(STORAGE_KEY, language.value)
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

watchEffect(() => {
  document.documentElement.lang = texts.value.tag
  document.title = texts.value.title
})

function readChoice(): Language | undefined {
  try {
    const choice = localStorage.getItem(STORAGE_KEY)
    return choice === 'zh' || choice === 'en' ? choice : undefined
  } catch {
    return undefined
  }
}

/** The first of the browser's languages that the page has, else Chinese. */
function preferredBy(languages: readonly string[]): Language {
  const known = languages.map((tag) => tag.slice(0, 2).toLowerCase())
  return known.find((tag): tag is Language => tag === 'zh' || tag === 'en') ?? 'zh'
}
