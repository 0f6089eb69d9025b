import type { Pair } from './pair'

/** Pairs to try, in the order of `exampleNames`; the first is on the page from the start. */
export const EXAMPLES: readonly [Pair, ...Pair[]] = [
  { a: '怎么退货？', b: '退货的流程是什么？' },
  { a: '火车晚点了', b: '列车延误了' },
  { a: '我今天心情很好', b: '我感到非常愉快' },
  // What models hardly see, and the notes tell.
  { a: '这个套餐可以随时取消', b: '这个套餐不可以随时取消' },
  { a: '我喜欢吃水果', b: '天气晴朗适合出游' },
  { a: '人工智能改变世界', b: 'AI 正在重塑未来' },
  { a: '今天天气真不错', b: '外面阳光明媚' },
  { a: '你们的产品能开发票吗？', b: '是否支持开具发票？' },
]
