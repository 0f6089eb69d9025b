import { computed, ref, watchEffect } from 'vue'

import { en, zh, type Messages } from './messages'

export type Language = 'zh' | 'en'

const TEXTS: Record<Language, Messages> = { zh, en }
const STORAGE_KEY = 'yuyi.language'

/** The language of the page: of its address (`?lang=zh`), as it was chosen before, or the browser's. */
export const language = ref<Language>(readAddress() ?? readChoice() ?? preferredBy(navigator.languages))

/** The page's texts in the current language. */
export const texts = computed(() => TEXTS[language.value])

/** Changes to the other language and remembers it. */
export function switchLanguage(): void {
  language.value = language.value === 'zh' ? 'en' : 'zh'
  const address = new URL(location.href)
  if (address.searchParams.has('lang')) {
    address.searchParams.set('lang', language.value)
    history.replaceState(null, '', address)
  }
  try {
    localStorage.setItem(STORAGE_KEY, language.value)
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

watchEffect(() => {
  document.documentElement.lang = texts.value.tag
})

function readAddress(): Language | undefined {
  return languageOf(new URLSearchParams(location.search).get('lang'))
}

function readChoice(): Language | undefined {
  try {
    return languageOf(localStorage.getItem(STORAGE_KEY))
  } catch {
    return undefined
  }
}

/** The language that a tag names (zh, zh-CN, en-GB), if the page has it. */
function languageOf(tag: string | null): Language | undefined {
  const name = tag?.slice(0, 2).toLowerCase()
  return name === 'zh' || name === 'en' ? name : undefined
}

/** The first of the browser's languages that the page has, else Chinese. */
function preferredBy(languages: readonly string[]): Language {
  return languages.map(languageOf).find((known) => known !== undefined) ?? 'zh'
}
