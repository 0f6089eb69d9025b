// Usage: node screenshot.mjs FILE.png
//
// The page after a comparison, as the README shows it.

import { launchBrowser, startYuyi } from './support.mjs'

const [file] = process.argv.slice(2)
const PAIR = ['怎么退货？', '退货的流程是什么？']
const WIDTH = 1000

const yuyi = await startYuyi()
const browser = await launchBrowser()
try {
  const context = await browser.newContext({
    locale: 'zh-CN',
    colorScheme: 'light',
    reducedMotion: 'reduce',
    viewport: { width: WIDTH, height: 700 },
  })
  const page = await context.newPage()
  await page.goto(`${yuyi.url}/`)
  const compare = page.getByRole('button', { name: '计算相似度' })
  // The first comparison of all takes longer than others, and its time stands on the page.
  await compare.click()
  await page.getByRole('meter').waitFor()
  for (const [index, side] of ['a', 'b'].entries()) {
    await page.locator(`#sentence-${side}`).fill(PAIR[index])
  }
  const answered = page.waitForResponse('**/similarity')
  await compare.click()
  await answered
  await page.locator('.result > .hint').waitFor({ state: 'detached' })
  await page.evaluate(() => document.activeElement?.blur())
  const { height } = await page.locator('main').boundingBox()
  await page.setViewportSize({ width: WIDTH, height: Math.ceil(height) + 100 })
  await page.screenshot({ path: file, fullPage: true })
} finally {
  await browser.close()
  await yuyi.stop()
}
