// The API reference in a real browser: every route, and a request that is sent from it.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { launchBrowser, screenshot, startProxy, startYuyi } from './support.mjs'

const PREFIX = '/tools/yuyi/'

let yuyi, proxy, browser

before(async () => {
  yuyi = await startYuyi()
  proxy = await startProxy(yuyi.url, PREFIX)
  browser = await launchBrowser()
})

after(async () => {
  await browser?.close()
  await proxy?.stop()
  assert.equal(await yuyi?.stop(), 0, 'exit code of the server')
})

/** Opens the reference; nothing may go wrong unseen, and nothing may be asked of another host. */
async function onReference(url, check) {
  const page = await browser.newPage()
  try {
    page.setDefaultTimeout(10_000)
    const errors = []
    const hosts = new Set()
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('request', (request) => hosts.add(new URL(request.url()).origin))
    await page.goto(url)
    await page.getByRole('heading', { name: 'Similarity' }).waitFor()
    await check(page)
    assert.deepEqual(errors, [], 'errors on the console')
    assert.deepEqual([...hosts], [new URL(url).origin], 'requests to other hosts')
  } finally {
    await page.close()
  }
}

const card = (page, method, path) =>
  page.locator('details', { has: page.locator(`summary:has(> .method:text-is("${method}")) > code:text-is("${path}")`) })

it('shows every route of the document', async () => {
  const { paths } = await (await fetch(`${yuyi.url}/openapi.json`)).json()
  await onReference(`${yuyi.url}/docs`, async (page) => {
    for (const [path, item] of Object.entries(paths)) {
      for (const method of Object.keys(item)) {
        assert.equal(await card(page, method.toUpperCase(), path).count(), 1, `${method} ${path}`)
      }
    }
  })
})

for (const place of ['at the root', 'under a prefix']) {
  it(`sends a request, ${place}`, async () => {
    const url = place === 'at the root' ? `${yuyi.url}/docs` : `${proxy.url}${PREFIX}docs`
    await onReference(url, async (page) => {
      const similarity = card(page, 'POST', '/similarity')
      await similarity.locator('summary').click()
      await similarity.getByText('sentence_a', { exact: true }).first().waitFor()
      await similarity.getByRole('button', { name: 'Send' }).click()
      await similarity.locator('pre').waitFor()
      const reply = JSON.parse(await similarity.locator('pre').textContent())
      assert.equal(reply.status, 'success')
      assert.equal(reply.sentence_a, '今天天气真不错')

      await similarity.getByLabel('Form').selectOption({ index: 2 })
      await similarity.getByRole('button', { name: 'Send' }).click()
      await similarity.locator('pre', { hasText: 'results' }).waitFor()
      assert.match(await similarity.getByRole('status').textContent(), /^200 · \d+ ms$/)
      await screenshot(page, `docs-${place.split(' ').pop()}`)
    })
  })
}

it('is Chinese where the address or the browser says so, and has no marks of code left', async () => {
  const context = await browser.newContext({ locale: 'zh-CN' })
  try {
    const page = await context.newPage()
    await page.goto(`${yuyi.url}/`)
    await page.getByRole('link', { name: 'API 文档' }).click()
    await page.getByRole('heading', { name: '相似度' }).waitFor()
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
    assert.equal(await page.title(), 'yuyi 语义 · API 文档')
    await screenshot(page, 'docs-zh')

    await page.locator('details').evaluateAll((all) => all.forEach((card) => (card.open = true)))
    const isSample = 'pre, textarea, script, style'
    const texts = await page.locator('main').evaluate((main, isSample) => {
      const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT)
      const found = []
      while (walker.nextNode()) {
        if (!walker.currentNode.parentElement.closest(isSample)) found.push(walker.currentNode.textContent)
      }
      return found
    }, isSample)
    assert.deepEqual(texts.filter((text) => text.includes('`')), [])
    const english = texts.filter((text) => /[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}/.test(text))
    assert.ok(english.length <= texts.length / 20, `not translated: ${english.join('\n')}`)

    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('heading', { name: 'Similarity' }).waitFor()
    assert.match(page.url(), /lang=en$/)
    await page.goto(`${yuyi.url}/docs?lang=en`)
    await page.getByRole('heading', { name: 'Similarity' }).waitFor()
  } finally {
    await context.close()
  }
})

it('fills in the parts of a path', async () => {
  await onReference(`${proxy.url}${PREFIX}docs`, async (page) => {
    const model = card(page, 'GET', '/v1/models/{model}')
    await model.locator('summary').click()
    assert.equal(await model.getByLabel(/^model:/).inputValue(), 'e5-small-zh')
    await model.getByRole('button', { name: 'Send' }).click()
    await model.locator('pre', { hasText: '"loaded"' }).waitFor()
    assert.equal(JSON.parse(await model.locator('pre').textContent()).id, 'e5-small-zh')
  })
})

it('shows a refusal as it came', async () => {
  const page = await browser.newPage()
  try {
    await page.goto(`${yuyi.url}/docs`)
    const rerank = card(page, 'POST', '/v1/rerank')
    await rerank.locator('summary').click()
    await rerank.getByLabel('Body').fill('{"query": "x", "documents": []}')
    await rerank.getByRole('button', { name: 'Send' }).click()
    await rerank.locator('pre', { hasText: 'empty_list' }).waitFor()
    assert.match(await rerank.getByRole('status').textContent(), /^422/)
  } finally {
    await page.close()
  }
})
