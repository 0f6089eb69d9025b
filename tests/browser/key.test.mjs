// A server that asks for a key, as a person meets it on the page.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launchBrowser, screenshot, startYuyi } from './support.mjs'

const KEY = 'a-key-of-this-test'
const PREFIX = '/tools/yuyi'

let yuyi, browser

before(async () => {
  yuyi = await startYuyi('--api-key', KEY, '--base-path', PREFIX)
  browser = await launchBrowser()
})

after(async () => {
  await browser?.close()
  assert.equal(await yuyi?.stop(), 0, 'exit code of the server')
})

/** Opens the page in a tab of its own; `check` also gets the requests for scores, with what they were sent with. */
async function onPage({ path = '/', ...settings }, check) {
  const context = await browser.newContext({ locale: 'zh-CN', reducedMotion: 'reduce', ...settings })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    const errors = []
    const sent = []
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    page.on('request', (request) => request.url().endsWith('/similarity') && sent.push(request))
    await page.goto(yuyi.url + path)
    await check(page, sent)
    assert.deepEqual(errors.filter((text) => !/status of 401/.test(text)), [], 'errors on the console')
  } finally {
    await context.close()
  }
}

const compute = (page) => page.getByRole('button', { name: /^(计算相似度|Compare)$/ })
const keyBox = (page) => page.getByLabel(/^(访问密钥|Access key)$/)
const useKey = (page) => page.getByRole('button', { name: /^(使用密钥|Use key)$/ })
const forget = (page) => page.getByRole('button', { name: /^(清除密钥|Forget key)$/ })
const alert = (page) => page.locator('.alert')
const meter = (page) => page.getByRole('meter')

async function enter(page, key) {
  await keyBox(page).fill(key)
  await useKey(page).click()
}

/** All that the browser keeps for the page beyond the tab. */
const kept = (page) => page.evaluate(() => JSON.stringify(localStorage) + document.cookie + location.href)

describe('a key', () => {
  it('is asked for when the server wants one, and goes with every request from then on', () =>
    onPage({ viewport: { width: 1280, height: 900 } }, async (page, sent) => {
      assert.equal(await keyBox(page).count(), 0, 'nobody has asked yet')
      await compute(page).click()
      await alert(page).getByText('这个服务需要密钥').waitFor()
      assert.ok(await keyBox(page).evaluate((element) => element === document.activeElement))
      assert.equal(await keyBox(page).getAttribute('type'), 'password')
      assert.equal(sent.length, 1)
      assert.equal(await sent[0].headerValue('authorization'), null)
      await screenshot(page, 'key')

      await page.locator('#sentence-a').fill('今天天气真不错')
      assert.ok(await keyBox(page).isVisible(), 'it stays while the sentences change')
      await enter(page, KEY)
      await meter(page).waitFor()
      assert.equal(await keyBox(page).count(), 0)
      assert.ok(!(await alert(page).isVisible()))
      assert.equal(await sent.at(-1).headerValue('authorization'), `Bearer ${KEY}`)
      await screenshot(page, 'key-accepted')

      await page.reload()
      await compute(page).click()
      await meter(page).waitFor()
      assert.equal(await keyBox(page).count(), 0, 'it is kept in the tab')
      assert.ok(!(await kept(page)).includes(KEY), 'and nowhere else')

      await forget(page).click()
      await compute(page).click()
      await keyBox(page).waitFor()
      assert.equal(await sent.at(-1).headerValue('authorization'), null)
      assert.equal(await page.evaluate(() => sessionStorage.length), 0)
    }))

  it('that is wrong is refused in plain words, and one that cannot be a key is not sent', () =>
    onPage({}, async (page, sent) => {
      await compute(page).click()
      await keyBox(page).waitFor()
      for (const impossible of ['', '  ', '密钥', 'a b', 'a,b']) {
        await enter(page, impossible)
        await page.getByText('密钥由可见的英文字符组成').waitFor()
        assert.equal(await keyBox(page).getAttribute('aria-invalid'), 'true')
        await keyBox(page).fill('x')
        await page.getByText('密钥由可见的英文字符组成').waitFor({ state: 'detached' })
      }
      assert.equal(sent.length, 1)
      await enter(page, 'another-key')
      await alert(page).getByText('服务器不认识这个密钥').waitFor()
      await keyBox(page).press('Control+A')
      await keyBox(page).pressSequentially(` ${KEY} `)
      await keyBox(page).press('Enter')
      await meter(page).waitFor()
      assert.equal(sent.length, 3)
    }))

  it('is asked for again when the reasons of a score need one', () =>
    onPage({}, async (page, sent) => {
      await compute(page).click()
      await enter(page, KEY)
      await meter(page).waitFor()
      await forget(page).click()
      await page.getByRole('button', { name: '为什么是这个分数？' }).click()
      await page.getByText('这个服务需要密钥').waitFor()
      await enter(page, KEY)
      await keyBox(page).waitFor({ state: 'detached' })
      await page.getByRole('button', { name: '为什么是这个分数？' }).click()
      await page.getByRole('heading', { name: '哪些词在起作用' }).waitFor()
      assert.equal(await sent.at(-1).headerValue('authorization'), `Bearer ${KEY}`)
    }))

  it('works in English, under a path and on a phone, for its own tab', () =>
    onPage({ path: `${PREFIX}/`, locale: 'en-GB', viewport: { width: 360, height: 740 } }, async (page, sent) => {
      await compute(page).click()
      await alert(page).getByText('This server asks for a key. Enter it above.').waitFor()
      await screenshot(page, 'key-phone')
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      assert.ok(width <= 360, `the page is ${width} pixels wide`)
      await enter(page, KEY)
      await meter(page).waitFor()
      assert.ok(sent.every((request) => new URL(request.url()).pathname === `${PREFIX}/similarity`))

      const other = await page.context().newPage()
      await other.goto(`${yuyi.url}${PREFIX}/`)
      await compute(other).click()
      await keyBox(other).waitFor()
    }))
})
