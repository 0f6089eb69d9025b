// Reports in a real browser, opened from the disk with the network cut off.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { pathToFileURL } from 'node:url'

import { launchBrowser, screenshot } from './support.mjs'

// The last pair is an attack, and its label an error, so that it is among those that are listed.
const PAIRS = [
  ['怎么退货', '如何办理退货', 5],
  ['明天会下雨吗', '明天有雨吗', 5],
  ['我想开发票', '请给我开一张发票', 4],
  ['怎么退货', '退货要几天', 2],
  ['怎么退货', '今天天气不错', 0],
  ['明天会下雨吗', '我想开发票', 0],
  ['会议几点开始', '会议室在几楼', 1],
  ['快递到哪了', '快递费是多少', 1],
  ['怎么改密码', '怎么改手机号', 1],
  ['几点开门', '店在哪里', 1],
  ['<script>document.title="x"</script><img src="https://example.com/x.png">', '会议改到周五', 5],
]
const QUESTIONS = ['能退货吗\t怎么退货', '开发票\t我想开发票', '今天吃什么\t']

let browser, folder

before(async () => {
  browser = await launchBrowser()
  folder = mkdtempSync(join(tmpdir(), 'yuyi-report-'))
  write('pairs.tsv', PAIRS.map((pair) => pair.join('\t')))
  write('faq.tsv', ['怎么退货\t七天内', '我想开发票\t在订单页'])
  write('questions.tsv', QUESTIONS)
})

after(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

function write(name, lines) {
  writeFileSync(join(folder, name), lines.join('\n') + '\n')
}

function report(name, language, ...words) {
  const flags = ['--rounds', '100', '--lang', language, '--report', name]
  execFileSync(process.env.YUYI_BIN, [...words, ...flags], { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] })
  return pathToFileURL(join(folder, name)).href
}

const evaluate = (language) =>
  report(`eval-${language}.html`, language, 'eval', 'pairs.tsv', '--faq', 'faq.tsv', '--questions', 'questions.tsv')

const compare = (language) =>
  report(`compare-${language}.html`, language, 'compare', 'pairs.tsv', '--methods', 'jaccard,edit,tfidf,tfidf-words')

/** Opens a report; nothing may go wrong unseen, and nothing may be asked for but the file. */
async function opened(url, options, check) {
  const context = await browser.newContext({ offline: true, ...options })
  try {
    const page = await context.newPage()
    const errors = []
    const requests = []
    page.on('console', (message) => errors.push(message.text()))
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('request', (request) => request.url().startsWith('data:') || requests.push(request.url()))
    await page.goto(url)
    await check(page)
    assert.deepEqual(errors, [], 'messages on the console')
    assert.deepEqual(requests, [url], 'requests')
    const [inside, outside] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
    assert.ok(inside <= outside, `the page is ${inside} wide in a window of ${outside}`)
  } finally {
    await context.close()
  }
}

/** Every plot is drawn: it has marks, and none of them lies outside of it. */
async function checkPlots(page, count) {
  const plots = page.locator('figure svg')
  assert.equal(await plots.count(), count)
  for (const plot of await plots.all()) {
    const [marks, outside] = await plot.evaluate((svg) => {
      const { x, y, width, height } = svg.viewBox.baseVal
      const all = [...svg.querySelectorAll('path, rect, circle, line, text')]
      const out = all.filter((mark) => {
        const box = mark.getBBox()
        return box.x < x - 1 || box.y < y - 1 || box.x + box.width > x + width + 1 || box.y + box.height > y + height + 1
      })
      return [all.filter((mark) => mark.matches('path, rect, circle')).length, out.map((mark) => mark.outerHTML)]
    })
    assert.ok(marks > 0, 'a plot without marks')
    assert.deepEqual(outside, [], 'marks outside of a plot')
  }
}

for (const [language, title, errors] of [
  ['zh', '语义相似度评测报告', '同义，却得了低分'],
  ['en', 'Evaluation of semantic similarity', 'The same, but scored low'],
]) {
  it(`shows an evaluation, ${language}`, async () => {
    const url = evaluate(language)
    for (const [look, options] of [
      ['light', { viewport: { width: 1100, height: 900 } }],
      ['dark', { viewport: { width: 1100, height: 900 }, colorScheme: 'dark' }],
      ['narrow', { viewport: { width: 390, height: 800 } }],
    ]) {
      await opened(url, options, async (page) => {
        assert.equal(await page.title(), title)
        await page.getByRole('heading', { name: errors }).waitFor()
        // What an attacker wrote is text.
        assert.ok(await page.getByText('<script>document.title="x"</script>').isVisible())
        await checkPlots(page, 5)
        await screenshot(page, `report-eval-${language}-${look}`)
      })
    }
  })
}

for (const [language, heading, column] of [
  ['zh', '语义相似度模型对比', '适用场景'],
  ['en', 'Comparison of semantic similarity models', 'suited for'],
]) {
  it(`shows a comparison, ${language}`, async () => {
    await opened(compare(language), { viewport: { width: 1100, height: 900 } }, async (page) => {
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
      assert.ok(await page.getByRole('columnheader', { name: column }).isVisible())
      for (const name of ['e5-small-zh', 'jaccard', 'edit', 'tfidf', 'tfidf_words']) {
        assert.ok(await page.getByRole('rowheader', { name }).first().isVisible(), name)
      }
      await checkPlots(page, 3)
      await screenshot(page, `report-compare-${language}`)
    })
  })
}

it('has other colours in the dark', async () => {
  const url = evaluate('en')
  const colour = async (colorScheme) => {
    let found
    await opened(url, { colorScheme }, async (page) => {
      found = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    })
    return found
  }
  assert.notEqual(await colour('dark'), await colour('light'))
})
