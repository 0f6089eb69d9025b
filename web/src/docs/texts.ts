import { computed, watchEffect } from 'vue'

import { language } from '../language'
import { ZH } from './zh'

const EN = {
  title: 'yuyi 语义 · API',
  broken: 'The document cannot be read. Reload the page to try again.',
  version: 'Version',
  page: 'the page with the dial',
  otherLanguage: '中文',
  otherTag: 'zh-CN',
  key: 'API key, if this server wants one',
  request: 'Request',
  form: 'Form',
  reply: 'Reply',
  failures: 'Failures',
  required: 'required',
  body: 'Body',
  send: 'Send',
  unreachable: 'The server cannot be reached.',
  from: (least: number) => `From ${least}.`,
  to: (most: number) => `To ${most}.`,
  usual: (value: string) => `Default: ${value}.`,
  listOf: (type: string) => `list of ${type}`,
  /** Ends a sentence. */
  stop: '.',
}

const TEXTS: Record<'en' | 'zh', typeof EN> = {
  en: EN,
  zh: {
    title: 'yuyi 语义 · API 文档',
    broken: '文档读取失败，请刷新页面重试。',
    version: '版本',
    page: '返回首页',
    otherLanguage: 'English',
    otherTag: 'en',
    key: 'API 密钥（服务器要求时填写）',
    request: '请求',
    form: '写法',
    reply: '回复',
    failures: '错误',
    required: '必填',
    body: '请求体',
    send: '发送',
    unreachable: '连接不上服务器。',
    from: (least) => `最小 ${least}。`,
    to: (most) => `最大 ${most}。`,
    usual: (value) => `默认：${value}。`,
    listOf: (type) => `${type} 的列表`,
    stop: '。',
  },
}

/** The texts of the reference in the current language. */
export const texts = computed(() => TEXTS[language.value])

watchEffect(() => {
  document.title = texts.value.title
})

/** What the server's document says, in the current language. */
export function said(english: string | undefined): string {
  const plain = (english ?? '').replace(/\s+/g, ' ')
  return language.value === 'zh' ? (ZH[plain] ?? plain) : plain
}
