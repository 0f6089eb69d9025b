import type { Pair } from './pair'

/** Pairs to try, in the order of `exampleNames`; the first is on the page from the start. */
export const EXAMPLES: readonly [Pair, ...Pair[]] = [
  { a: '人工智能改变世界', b: 'AI 正在重塑未来' },
  { a: '今天天气真不错', b: '外面阳光明媚' },
  { a: '你们的产品能开发票吗？', b: '是否支持开具发票？' },
  { a: '我喜欢吃水果', b: '苹果香蕉都很美味' },
  { a: '我喜欢吃水果', b: '天气晴朗适合出游' },
  { a: '我今天心情很好', b: '我感到非常愉快' },
]
