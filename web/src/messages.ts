import type { Failure } from './api'
import type { Band } from './band'
import type { Contrast, LiteralMethod } from './literal'
import type { Side } from './pair'
import type { Note } from './notes'

/** A failure in words: what happened and what to do, and what the server said itself. */
export interface Explanation {
  text: string
  detail?: string
}

/** Every text of the page. */
export interface Messages {
  /** BCP 47 tag of the language. */
  tag: string
  title: string
  tagline: string
  intro: string
  otherLanguage: string
  otherLanguageTag: string
  sentence: Record<Side, string>
  placeholder: string
  blank: string
  examples: string
  exampleNames: readonly string[]
  compute: string
  computing: string
  loading: string
  /** How long something has taken so far. */
  elapsed(seconds: number): string
  cancel: string
  keys: string
  dial: string
  noResult: string
  outdated: string
  cosine: string
  model: string
  time: string
  duration(milliseconds: number): string
  uncalibrated: string
  whyUncalibrated(model: string): string
  truncated: string
  bands: Record<Band, string>
  /** In place of a band where notes raise a doubt, of sentences that are written alike. */
  doubt: string
  /** The same of sentences that are not. */
  doubtOfMeaning: string
  spoken(percent: string, calibrated: boolean, notes: number): string
  literal: string
  literalMethods: Record<LiteralMethod, string>
  contrasts: Record<Contrast, string>
  why: Record<
    | 'ask'
    | 'busy'
    | 'wait'
    | 'done'
    | 'cancelled'
    | 'words'
    | 'wordsHint'
    | 'noWeights'
    | 'links'
    | 'linksHint'
    | 'noLinks'
    | 'goesWith'
    | 'truncated',
    string
  >
  /** The heading of the notes. */
  notes: string
  note(note: Note): string
  /** The link to the API reference. */
  reference: string
  key: Record<'label' | 'use' | 'hint' | 'malformed' | 'forget', string>
  explain(failure: Failure): Explanation
}

/** The built-in model, whose cosines are known: for unrelated sentences the median is 0.72. */
const BUILT_IN = 'e5-small-zh'

/** Refusals that the page itself deals with: what the server says is meant for programs. */
const KEY_REFUSALS_ZH: Record<string, string> = {
  missing_key: '这个服务需要密钥，请在上方输入。',
  invalid_key: '服务器不认识这个密钥。请检查是否复制完整，或向管理员索取。',
}

const KEY_REFUSALS_EN: Record<string, string> = {
  missing_key: 'This server asks for a key. Enter it above.',
  invalid_key: 'The server does not know this key. Check that it is complete, or ask who runs the server for one.',
}

const REFUSALS_ZH: Record<string, string> = {
  empty_text: '句子里没有看得见的文字，请输入后再试。',
  text_too_long: '句子太长，超过了服务器允许的字数，请缩短后再试。',
  body_too_large: '内容太多，超过了服务器允许的大小，请缩短后再试。',
  request_timeout: '发送内容花的时间太长，请检查网络后再试。',
  queue_full: '服务器正忙，排队的请求太多，请稍后再试。',
  queue_timeout: '服务器正忙，排队等了太久，请稍后再试。',
  memory_full: '服务器正忙，内存暂时不够，请稍后再试。',
  too_much_work: '文字太长，这样比较要花的时间太多，请缩短后再试。',
  model_unavailable: '模型暂时没有回应，请稍后再试。',
  provider_failed: '提供该模型的服务没有给出可用的结果，请稍后再试。',
  draining: '服务器正在关闭或重启，请稍后再试。',
  internal: '服务器内部出错。如果反复出现，请把下面这句话转给管理员。',
}

/** Refusals that in the server's own words say more to who runs it than to who reads the page. */
const REFUSALS_EN: Record<string, string> = {
  memory_full: 'The server is busy and has no memory to spare just now. Try again in a moment.',
  too_much_work: 'The text is so long that comparing it this way would take too much time. Shorten it and try again.',
  provider_failed: 'The service that this model runs on gave no result that can be used. Try again later.',
  model_unavailable: 'The model is not answering at the moment. Try again in a moment.',
}

/** Most words that a note names. */
const MOST_NAMED = 5

function quotedZh(words: readonly string[]): string {
  const shown = words.slice(0, MOST_NAMED).map((word) => `“${word}”`)
  return shown.join('、') + (words.length > MOST_NAMED ? '等' : '')
}

/** What is said of one sentence, where a note is about one alone. */
function ofOneZh({ a, b }: Note): { name: string; words: string } {
  return a.length > 0 ? { name: 'A', words: quotedZh(a) } : { name: 'B', words: quotedZh(b) }
}

/** By kind, from the words that the note names: what the server says itself is English. */
const NOTES_ZH: Record<string, (note: Note) => string> = {
  number(note) {
    const { name, words } = ofOneZh(note)
    const what =
      note.a.length > 0 && note.b.length > 0
        ? `数字、日期或金额不一样：A 是${quotedZh(note.a)}，B 是${quotedZh(note.b)}。`
        : `只有 ${name} 提到${words}。`
    return `${what}模型往往看不出这种差别，请自己核对。`
  },
  time(note) {
    return `时间不一样：A 是${quotedZh(note.a)}，B 是${quotedZh(note.b)}。模型往往看不出这种差别，请自己核对。`
  },
  negation(note) {
    const { name, words } = ofOneZh(note)
    const what =
      note.a.length > 0 && note.b.length > 0
        ? `两句话否定的不是同一件事：A 是${quotedZh(note.a)}，B 是${quotedZh(note.b)}。`
        : `只有 ${name} 带否定词${words}。`
    return `${what}模型往往看不出这种差别，意思可能正好相反。`
  },
  opposite(note) {
    return `同一位置上的词互相排斥：A 是${quotedZh(note.a)}，B 是${quotedZh(note.b)}。模型往往看不出这种差别，意思可能正好相反。`
  },
  order(note) {
    return `词相同，角色互换了：A 是${quotedZh(note.a)}，B 是${quotedZh(note.b)}。模型往往看不出这种差别，请自己核对。`
  },
  truncated(note) {
    const { name, words } = ofOneZh(note)
    return words === ''
      ? '句子超过了模型能读的长度，末尾超出的部分没有参与计算。'
      : `${name} 超过了模型能读的长度，${words}之后的部分没有参与计算。`
  },
  unknown(note) {
    const { name, words } = ofOneZh(note)
    return words === ''
      ? '句子里有模型不认识的字词，分数可能因此不准。'
      : `模型不认识 ${name} 里的${words}，分数可能因此不准。`
  },
}

/** What a reader should make of the server's own sentence. */
const NOTE_ADVICE_EN: Record<string, string> = {
  number: 'Models often miss this, so check for yourself.',
  time: 'Models often miss this, so check for yourself.',
  negation: 'Models often miss this, and the meaning may well be the opposite.',
  opposite: 'Models often miss this, and the meaning may well be the opposite.',
  order: 'Models often miss this, so check for yourself.',
  unknown: 'The score may be off because of it.',
}

export const zh: Messages = {
  tag: 'zh-CN',
  title: 'yuyi 语义 · 中文句子相似度',
  tagline: '这两句话，意思有多接近？',
  intro: '输入两句话，模型比较的是意思，而不是字面。',
  otherLanguage: 'English',
  otherLanguageTag: 'en',
  sentence: { a: '句子 A', b: '句子 B' },
  placeholder: '输入一句话',
  blank: '请先输入文字。',
  examples: '试试例句',
  exampleNames: ['退货', '晚点', '心情', '否定', '不相关', '人工智能', '天气', '开发票'],
  compute: '计算相似度',
  computing: '正在计算…',
  loading: '模型正在加载，就绪后会自动计算…',
  elapsed: (seconds) => `已用 ${seconds} 秒`,
  cancel: '取消',
  keys: '按 Enter 计算，Shift + Enter 换行',
  dial: '相似度',
  noResult: '还没有结果',
  outdated: '句子已改动，这是改动前的结果。',
  cosine: '余弦',
  model: '模型',
  time: '用时',
  duration: (ms) => (ms < 1000 ? `${Math.max(1, Math.round(ms))} 毫秒` : `${(ms / 1000).toFixed(1)} 秒`),
  uncalibrated: '未校准',
  whyUncalibrated: (model) =>
    model === BUILT_IN
      ? '这里显示的是余弦本身。这个模型的余弦大多在 0.6 到 1 之间，毫不相关的两句话也有 70% 左右，所以请比较高低，不要只看数值。'
      : '这里显示的是余弦本身，不相关的句子也可能得分不低，所以请比较高低，不要只看数值。',
  truncated: '句子超过了模型能读的长度，末尾超出的部分没有参与计算。',
  bands: { same: '几乎相同', close: '意思相近', related: '有关', unrelated: '无关' },
  doubt: '写法相近，意思可能不同',
  doubtOfMeaning: '意思可能不同',
  spoken: (percent, calibrated, notes) =>
    `相似度 ${percent}${calibrated ? '' : '，未校准'}${notes > 0 ? `，有 ${notes} 条提示` : ''}`,
  literal: '字面相似度',
  literalMethods: { jaccard: '共同字符', edit: '编辑距离', tfidf: 'TF-IDF' },
  contrasts: {
    sameMeaning: '用词不同，意思却相近：只比字面是看不出来的。',
    sameWording: '字面上很像，意思却没有那么接近。',
  },
  why: {
    ask: '为什么是这个分数？',
    busy: '正在逐词分析…',
    wait: '要把词逐个去掉、重新计算，最多要花打分的十五倍时间。上面的分数不受影响。',
    done: '分析完成。',
    cancelled: '已取消分析。',
    words: '哪些词在起作用',
    wordsHint: '颜色越浓，说明去掉这个词后相似度降得越多。百分数是它在这句话里所占的份额。',
    noWeights: '去掉任何一个词，相似度都不会降低。',
    links: '互相对应的词',
    linksHint: '在模型看来，这些词在各自的句子里作用相近，但意思不一定相同。',
    noLinks: '没有找到互相对应的词。',
    goesWith: '对应',
    truncated: '句子超过了模型一次能读的长度，这里只分析了开头的部分。',
  },
  notes: '分数没有反映出来的',
  note: (note) => NOTES_ZH[note.kind]?.(note) ?? note.message,
  reference: 'API 文档',
  key: {
    label: '访问密钥',
    use: '使用密钥',
    hint: '向管理员索取。密钥只保存在这个标签页里，关闭后即被清除。',
    malformed: '密钥由可见的英文字符组成，不含空格、逗号和中文，请检查后重新输入。',
    forget: '清除密钥',
  },
  explain(failure) {
    switch (failure.kind) {
      case 'refused': {
        const aboutKey = KEY_REFUSALS_ZH[failure.code]
        if (aboutKey) {
          return { text: aboutKey }
        }
        return {
          text: REFUSALS_ZH[failure.code] ?? '服务器没有接受这次请求。',
          detail: `服务器返回：${failure.message}`,
        }
      }
      case 'unreadable':
        return { text: `收到的回复无法识别（HTTP ${failure.status}）。请确认 yuyi 正在运行，代理的转发设置也正确。` }
      case 'unreachable':
        return { text: '连接不上服务器。请检查网络，并确认 yuyi 正在运行，然后再试。' }
      case 'timeout':
        return { text: '等了很久也没有结果。请稍后再试，或查看服务器的日志。' }
    }
  },
}

export const en: Messages = {
  tag: 'en',
  title: 'yuyi 语义 · Chinese sentence similarity',
  tagline: 'How close are these two sentences?',
  intro: 'Enter two sentences in Chinese. The model compares what they mean, not the characters they share.',
  otherLanguage: '中文',
  otherLanguageTag: 'zh-CN',
  sentence: { a: 'Sentence A', b: 'Sentence B' },
  placeholder: 'Enter a sentence',
  blank: 'Enter some text first.',
  examples: 'Try an example',
  exampleNames: ['Returns', 'Delay', 'Mood', 'Negation', 'Unrelated', 'AI', 'Weather', 'Invoices'],
  compute: 'Compare',
  computing: 'Comparing…',
  loading: 'The model is still loading. Your sentences will be compared as soon as it is ready…',
  elapsed: (seconds) => `${seconds} s so far`,
  cancel: 'Cancel',
  keys: 'Enter to compare, Shift + Enter for a new line',
  dial: 'Similarity',
  noResult: 'No result yet',
  outdated: 'You have changed the text. This is the earlier result.',
  cosine: 'Cosine',
  model: 'Model',
  time: 'Time',
  duration: (ms) => (ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`),
  uncalibrated: 'Not calibrated',
  whyUncalibrated: (model) =>
    model === BUILT_IN
      ? 'This is the plain cosine. This model’s cosines mostly lie between 0.6 and 1, so even unrelated sentences score around 70%. Compare scores with each other rather than reading them as absolute.'
      : 'This is the plain cosine, and even unrelated sentences may score high. Compare scores with each other rather than reading them as absolute.',
  truncated: 'A sentence is longer than the model can read. The part beyond its limit was left out.',
  bands: { same: 'Almost the same', close: 'Close in meaning', related: 'Related', unrelated: 'Unrelated' },
  doubt: 'Alike in wording, maybe not in meaning',
  doubtOfMeaning: 'Maybe not alike in meaning',
  spoken: (percent, calibrated, notes) =>
    `Similarity ${percent}${calibrated ? '' : ', not calibrated'}${notes > 0 ? `, ${notes} ${notes === 1 ? 'note' : 'notes'}` : ''}`,
  literal: 'Literal similarity',
  literalMethods: { jaccard: 'Shared characters', edit: 'Edit distance', tfidf: 'TF-IDF' },
  contrasts: {
    sameMeaning: 'Different words, similar meaning: comparing the characters alone would miss it.',
    sameWording: 'The wording is much alike, the meaning less so.',
  },
  why: {
    ask: 'Why this score?',
    busy: 'Looking at each word…',
    wait: 'Words are left out one after another and the rest is compared anew, which may take up to 15 times as long as the score. The score above stays as it is.',
    done: 'The analysis is ready.',
    cancelled: 'The analysis was cancelled.',
    words: 'Which words count',
    wordsHint:
      'The stronger the colour, the more the similarity drops when the word is left out. Percentages are shares within the sentence.',
    noWeights: 'Leaving out any one word does not lower the similarity.',
    links: 'Words that go together',
    linksHint: 'To the model these play similar parts in their sentences. They need not mean the same.',
    noLinks: 'No words that go together were found.',
    goesWith: 'goes with',
    truncated: 'Of a sentence that is longer than the model reads, only its first part is looked at here.',
  },
  notes: 'What the score does not show',
  reference: 'API reference',
  note: ({ kind, message }) => [message, NOTE_ADVICE_EN[kind]].filter(Boolean).join(' '),
  key: {
    label: 'Access key',
    use: 'Use key',
    hint: 'Ask who runs this server for one. The key stays in this tab and is gone when you close it.',
    malformed: 'A key is made of visible English characters, without spaces and commas. Check it and enter it again.',
    forget: 'Forget key',
  },
  explain(failure) {
    switch (failure.kind) {
      case 'refused': {
        const own = REFUSALS_EN[failure.code]
        return own
          ? { text: own, detail: `The server says: ${failure.message}` }
          : { text: KEY_REFUSALS_EN[failure.code] ?? failure.message }
      }
      case 'unreadable':
        return {
          text: `The reply made no sense (HTTP ${failure.status}). Check that yuyi is running and that your proxy forwards requests to it.`,
        }
      case 'unreachable':
        return { text: 'The server cannot be reached. Check your connection and that yuyi is running, then try again.' }
      case 'timeout':
        return { text: 'There was no result after a long wait. Try again later, or look at the server’s log.' }
    }
  },
}
