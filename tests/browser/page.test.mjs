// The web page as a person meets it: the real program, a real browser.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launchBrowser, screenshot, startProxy, startYuyi } from './support.mjs'

const EXAMPLE = { sentence_a: '怎么退货？', sentence_b: '退货的流程是什么？' }
const SHORT_TEXTS = 50
const PREFIX = '/tools/yuyi/'

let yuyi, strict, proxy, browser

before(async () => {
  yuyi = await startYuyi()
  strict = await startYuyi('--max-characters', String(SHORT_TEXTS))
  proxy = await startProxy(yuyi.url, PREFIX)
  browser = await launchBrowser()
})

after(async () => {
  await browser?.close()
  await proxy?.stop()
  const codes = [await yuyi?.stop(), await strict?.stop()]
  assert.deepEqual(codes, [0, 0], 'exit codes of the servers')
})

/**
 * Opens the page, runs `check` and then demands that nothing went wrong unseen: no request to another
 * host, no error on the console but those that match `failing`.
 */
async function onPage(options, check) {
  const { url = `${yuyi.url}/`, failing, ...settings } = options
  const context = await browser.newContext({ locale: 'zh-CN', reducedMotion: 'reduce', ...settings })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    const errors = []
    const requests = []
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('request', (request) => requests.push(request.url()))
    const response = await page.goto(url)
    assert.equal(response.status(), 200)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await check(page)
    assert.deepEqual(errors.filter((text) => !failing?.test(text)), [], 'errors on the console')
    const origin = new URL(url).origin
    assert.deepEqual(requests.filter((asked) => new URL(asked).origin !== origin), [], 'requests to other hosts')
  } finally {
    await context.close()
  }
}

const button = (page) => page.getByRole('button', { name: /^(计算相似度|Compare)$/ })
const box = (page, side) => page.locator(`#sentence-${side}`)
const alert = (page) => page.locator('.alert')
const meter = (page) => page.getByRole('meter')
const why = (page) => page.getByRole('region', { name: /^(为什么是这个分数？|正在逐词分析…|Why this score\?)$/ })
const askWhy = (page) => page.getByRole('button', { name: /^(为什么是这个分数？|Why this score\?)$/ })
const fact = (page, name) => page.locator(`[data-fact=${name}]`)

async function write(page, a, b) {
  await box(page, 'a').fill(a)
  await box(page, 'b').fill(b)
}

/** What the server itself says. */
async function ask(pair) {
  const reply = await fetch(`${yuyi.url}/similarity`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(pair),
  })
  assert.equal(reply.status, 200)
  return reply.json()
}

/** The angle to which the needle is turned, in degrees from the top. */
function needleAngle(page) {
  return page.locator('.needle').evaluate((needle) => {
    const { a, b } = new DOMMatrix(getComputedStyle(needle).transform)
    return (Math.atan2(b, a) * 180) / Math.PI
  })
}

/** The dial's scale runs from -120 to 120 degrees. */
const angleOf = (similarity) => -120 + 240 * similarity

/** Waits for the score of `pair` and checks everything that shows it. */
async function showsScore(page, pair) {
  const expected = await ask(pair)
  const percent = (100 * expected.similarity).toFixed(1)
  await page.locator('.number', { hasText: percent }).waitFor()
  assert.equal(await page.locator('.number').textContent(), `${percent}%`)
  assert.equal(await meter(page).getAttribute('aria-valuenow'), percent)
  assert.equal(await fact(page, 'cosine').textContent(), expected.cosine.toFixed(4))
  assert.equal(await fact(page, 'model').textContent(), expected.model)
  const angle = await needleAngle(page)
  assert.ok(Math.abs(angle - angleOf(expected.similarity)) < 0.05, `the needle stands at ${angle} degrees`)
  const offset = await page.locator('.fill').evaluate((arc) => parseFloat(getComputedStyle(arc).strokeDashoffset))
  assert.ok(Math.abs(100 - offset - 100 * expected.similarity) < 0.05, `the arc leaves ${offset} % free`)
  return expected
}

/** Counts requests for a score; `answer` may handle them, else the server does. */
async function countScores(page, answer = (route) => route.continue()) {
  const counter = { requests: 0 }
  await page.route('**/similarity', (route) => answer(route, ++counter.requests))
  return counter
}

async function fitsWidth(page) {
  // A phone zooms out until everything fits, so its own idea of the width proves nothing.
  const { width } = page.viewportSize()
  const content = await page.evaluate(() => document.documentElement.scrollWidth)
  assert.ok(content <= width, `the page is ${content} pixels wide on a screen of ${width}`)
}

const refusal = (status, code, message, headers = {}) => ({
  status,
  headers,
  json: { status: 'error', error: { code, message } },
})

describe('a comparison', () => {
  it('shows the very score that the server gives', () =>
    onPage({ viewport: { width: 1280, height: 800 } }, async (page) => {
      assert.match(await page.title(), /^yuyi 语义/)
      assert.equal(await box(page, 'a').inputValue(), EXAMPLE.sentence_a)
      assert.equal(await box(page, 'b').inputValue(), EXAMPLE.sentence_b)
      assert.ok(Math.abs((await needleAngle(page)) - angleOf(0)) < 0.05, 'the needle rests at zero')
      assert.equal(await meter(page).count(), 0)
      await screenshot(page, 'start')

      await button(page).click()
      const { calibrated } = await showsScore(page, EXAMPLE)
      assert.match(await fact(page, 'time').textContent(), /^\d+(\.\d)? (毫秒|秒)$/)
      assert.equal(calibrated, true)
      assert.equal(await page.locator('[data-note=uncalibrated]').count(), 0)
      assert.match(await page.getByRole('status').textContent(), /^相似度 \d+\.\d%$/)
      await screenshot(page, 'desktop')
    }))

  for (const [locale, name, said] of [
    ['zh-CN', /未校准.*70%/s, /^相似度 \d+\.\d%，未校准$/],
    ['en-US', /Not calibrated/, /^Similarity \d+\.\d%, not calibrated$/],
  ]) {
    it(`says when the model is not calibrated (${locale})`, () =>
      onPage({ locale, viewport: { width: 360, height: 740 } }, async (page) => {
        await countScores(page, async (route) => {
          const response = await route.fetch()
          await route.fulfill({ response, json: { ...(await response.json()), calibrated: false } })
        })
        await button(page).click()
        const note = page.locator('[data-note=uncalibrated]')
        await note.waitFor()
        assert.match(await note.textContent(), name)
        assert.match(await page.getByRole('status').textContent(), said)
        const { y, height } = await note.boundingBox()
        assert.ok(y >= 0 && y + height <= 740, `out of view: ${y} to ${y + height}`)
        await fitsWidth(page)
        await screenshot(page, `uncalibrated-${locale}`)
      }))
  }

  it('turns the needle, and stops it at the score', () =>
    onPage({ reducedMotion: 'no-preference' }, async (page) => {
      await button(page).click()
      await meter(page).waitFor()
      const seen = [await needleAngle(page)]
      const { similarity } = await ask(EXAMPLE)
      const end = angleOf(similarity)
      const deadline = Date.now() + 5000
      while (Math.abs(seen.at(-1) - end) > 0.05 && Date.now() < deadline) {
        await page.waitForTimeout(20)
        seen.push(await needleAngle(page))
      }
      assert.ok(Math.abs(seen.at(-1) - end) <= 0.05, `the needle stopped at ${seen.at(-1)}, not ${end}`)
      assert.ok(seen.some((angle) => angle > angleOf(0) && angle < end - 1), `it jumped: ${seen}`)
    }))

  it('starts with Enter, with Ctrl + Enter and with an example', () =>
    onPage({}, async (page) => {
      await write(page, '今天天气真不错', '外面阳光明媚')
      await box(page, 'b').press('Enter')
      await showsScore(page, { sentence_a: '今天天气真不错', sentence_b: '外面阳光明媚' })

      await write(page, '我今天心情很好', '我感到非常愉快')
      await box(page, 'a').press('Control+Enter')
      await showsScore(page, { sentence_a: '我今天心情很好', sentence_b: '我感到非常愉快' })

      await page.getByRole('button', { name: '开发票' }).click()
      assert.equal(await box(page, 'b').inputValue(), '是否支持开具发票？')
      await showsScore(page, { sentence_a: '你们的产品能开发票吗？', sentence_b: '是否支持开具发票？' })
    }))

  it('leaves Enter to line breaks and to input methods', () =>
    onPage({}, async (page) => {
      const counter = await countScores(page)
      await box(page, 'a').press('Shift+Enter')
      assert.match(await box(page, 'a').inputValue(), /\n/)
      await box(page, 'a').evaluate((element) => {
        const enter = { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }
        element.dispatchEvent(new KeyboardEvent('keydown', enter))
      })
      await page.waitForTimeout(200)
      assert.equal(counter.requests, 0)
    }))

  it('is sent once, however often it is asked for', () =>
    onPage({}, async (page) => {
      let release
      const held = new Promise((resolve) => (release = resolve))
      const counter = await countScores(page, (route) => held.then(() => route.continue()))
      await button(page).click()
      const busy = page.getByRole('button', { name: '正在计算…' })
      assert.equal(await busy.getAttribute('aria-disabled'), 'true')
      // Forced, since for the driver a button that is marked as disabled is not to be clicked.
      await busy.click({ force: true })
      await box(page, 'a').press('Enter')
      release()
      await showsScore(page, EXAMPLE)
      assert.equal(counter.requests, 1)
    }))

  it('that is overtaken by another is forgotten', () =>
    onPage({}, async (page) => {
      let release
      const held = new Promise((resolve) => (release = resolve))
      const late = { ...(await ask(EXAMPLE)), similarity: 0.123, cosine: 0.123 }
      const counter = await countScores(page, async (route, nth) => {
        if (nth > 1) return route.continue()
        await held
        return route.fulfill({ json: late }).catch(() => {})
      })
      await button(page).click()
      await page.getByRole('button', { name: '正在计算…' }).waitFor()
      await page.getByRole('button', { name: '天气' }).click()
      const second = { sentence_a: '今天天气真不错', sentence_b: '外面阳光明媚' }
      await showsScore(page, second)
      release()
      await page.waitForTimeout(200)
      await showsScore(page, second)
      assert.equal(counter.requests, 2)
    }))

  it('is marked as outdated when the text changes', () =>
    onPage({}, async (page) => {
      await button(page).click()
      await showsScore(page, EXAMPLE)
      await box(page, 'b').press('End')
      await box(page, 'b').pressSequentially('了')
      await page.getByText('句子已改动').waitFor()
      await box(page, 'b').press('Backspace')
      await page.getByText('句子已改动').waitFor({ state: 'detached' })
    }))

  it('says that a long text was cut', () =>
    onPage({}, async (page) => {
      await button(page).click()
      await showsScore(page, EXAMPLE)
      assert.equal(await page.locator('[data-note=truncated]').count(), 0)
      await box(page, 'a').fill('春眠不觉晓，处处闻啼鸟。'.repeat(100))
      await button(page).click()
      await page.locator('[data-note=truncated]').waitFor()
    }))
})

describe('what stands under the dial', () => {
  const CANCEL = { sentence_a: '3月起可以随时取消', sentence_b: '5月起不可以随时取消' }
  const note = (page, kind) => page.locator(`[data-note=${kind}]`)
  const band = (page) => page.locator('[data-band]')

  for (const [locale, numbers, negation, doubt] of [
    ['zh-CN', /A 是“3月”，B 是“5月”/, /只有 B 带否定词“不”/, '写法相近，意思可能不同'],
    ['en-US', /3月 in A, 5月 in B/, /Only B negates: 不/, 'Alike in wording, maybe not in meaning'],
  ]) {
    it(`names what the score hides, unasked (${locale})`, () =>
      onPage({ locale, viewport: { width: 360, height: 740 } }, async (page) => {
        const counter = await countScores(page)
        await write(page, CANCEL.sentence_a, CANCEL.sentence_b)
        await button(page).click()
        await note(page, 'number').waitFor()
        assert.match(await note(page, 'number').textContent(), numbers)
        assert.match(await note(page, 'negation').textContent(), negation)
        assert.equal(await band(page).textContent(), doubt)
        assert.equal(counter.requests, 1)
        const dial = await meter(page).boundingBox()
        assert.ok((await note(page, 'number').boundingBox()).y > dial.y, 'under the dial')
        await fitsWidth(page)
        await screenshot(page, `notes-${locale}`)
      }))
  }

  for (const [shared, words] of [
    [0.06, ['意思可能不同', 'Maybe not alike in meaning']],
    [0.8, ['写法相近，意思可能不同', 'Alike in wording, maybe not in meaning']],
  ]) {
    it(`says that the wording is alike only where it is (${shared})`, () =>
      onPage({}, async (page) => {
        const notes = [{ kind: 'negation', message: 'Only B negates: 不.', a: [], b: ['不'] }]
        const methods = { jaccard: shared, edit: shared, tfidf: shared }
        await countScores(page, async (route) => {
          const response = await route.fetch()
          await route.fulfill({ response, json: { ...(await response.json()), similarity: 0.9, notes, methods } })
        })
        await button(page).click()
        await band(page).waitFor()
        assert.equal(await band(page).getAttribute('data-band'), 'doubt')
        assert.equal(await band(page).textContent(), words[0])
        await page.getByRole('button', { name: 'English' }).click()
        assert.equal(await band(page).textContent(), words[1])
      }))
  }

  it('names what the model did not read and does not know', () =>
    onPage({}, async (page) => {
      await write(page, '春眠不觉晓，处处闻啼鸟。'.repeat(100), '𠀋𠀋怎么读')
      await button(page).click()
      await note(page, 'truncated').waitFor()
      assert.match(await note(page, 'truncated').textContent(), /A 超过了模型能读的长度，“[^”]+”之后的部分没有参与计算/)
      for (const told of await note(page, 'unknown').allTextContents()) {
        assert.match(told, /模型不认识 B 里的“/)
      }
    }))

  it('says nothing where there is nothing to say', () =>
    onPage({}, async (page) => {
      await button(page).click()
      await showsScore(page, EXAMPLE)
      assert.equal(await page.locator('[data-note]').count(), 0)
      assert.match(await page.getByRole('status').textContent(), /^相似度 \d+\.\d%$/)
    }))

  for (const [similarity, name, words] of [
    [0.93, 'same', ['几乎相同', 'Almost the same']],
    [0.75, 'close', ['意思相近', 'Close in meaning']],
    [0.5, 'related', ['有关', 'Related']],
    [0.1, 'unrelated', ['无关', 'Unrelated']],
  ]) {
    it(`calls ${similarity} by a word`, () =>
      onPage({}, async (page) => {
        await countScores(page, async (route) => {
          const response = await route.fetch()
          await route.fulfill({ response, json: { ...(await response.json()), similarity } })
        })
        await button(page).click()
        await band(page).waitFor()
        assert.equal(await band(page).getAttribute('data-band'), name)
        assert.equal(await band(page).textContent(), words[0])
        await page.getByRole('button', { name: 'English' }).click()
        assert.equal(await band(page).textContent(), words[1])
      }))
  }

  it('is dimmed whole when the text changes', () =>
    onPage({}, async (page) => {
      await write(page, CANCEL.sentence_a, CANCEL.sentence_b)
      await button(page).click()
      await note(page, 'number').waitFor()
      const bright = () =>
        page.locator('.result').evaluate((card) => {
          const seen = [...card.children].filter((part) => !part.matches('.visually-hidden') && part.textContent.trim())
          return seen.filter((part) => getComputedStyle(part).opacity === '1').map((part) => part.textContent.trim())
        })
      assert.ok((await bright()).length > 3)
      await box(page, 'b').press('End')
      await box(page, 'b').pressSequentially('了')
      const outdated = '句子已改动，这是改动前的结果。'
      await page.getByText(outdated).waitFor()
      await page.waitForTimeout(400)
      assert.deepEqual(await bright(), [outdated])
      await screenshot(page, 'stale')
    }))
})

describe('the comparison of characters', () => {
  const WEATHER = { sentence_a: '今天天气真不错', sentence_b: '外面阳光明媚' }
  const METHODS = ['jaccard', 'edit', 'tfidf']
  const bar = (page, method) => page.locator(`[data-literal=${method}]`)
  const contrast = (page) => page.locator('[data-contrast]')

  /** What a bar says, and how long it is, in percent. */
  async function readBar(page, method) {
    const said = parseFloat(await bar(page, method).locator('.percent').textContent())
    const [inner, outer] = await Promise.all(
      ['.bar', '.track'].map((part) => bar(page, method).locator(part).evaluate((e) => e.getBoundingClientRect().width)),
    )
    return { said, drawn: (100 * inner) / outer }
  }

  it('stays low where the meaning is the same in other words', () =>
    onPage({}, async (page) => {
      assert.equal(await bar(page, 'edit').locator('.percent').textContent(), '–')
      await page.getByRole('button', { name: '天气' }).click()
      const { similarity } = await showsScore(page, WEATHER)
      const { methods } = await ask({ ...WEATHER, methods: METHODS })
      for (const method of METHODS) {
        const { said, drawn } = await readBar(page, method)
        assert.equal(said, Math.round(100 * methods[method]), method)
        assert.ok(Math.abs(drawn - said) < 1, `${method}: a bar of ${drawn} % says ${said} %`)
        assert.ok(said <= 35 && said < 100 * similarity - 15, `${method} ${said} %, similarity ${similarity}`)
      }
    }))

  for (const [name, similarity, pair, said] of [
    ['is told where the meaning is the same', 0.85, WEATHER, /用词不同/],
    ['is not told where it is only near', 0.79, WEATHER, undefined],
    ['is not told of punctuation', 0.95, { sentence_a: '？？？', sentence_b: '!!!' }, undefined],
  ]) {
    it(`in other words ${name}`, () =>
      onPage({}, async (page) => {
        await write(page, pair.sentence_a, pair.sentence_b)
        await showing(page, { similarity, methods: { jaccard: 0, edit: 0.1, tfidf: 0 } })
        assert.equal(await contrast(page).count(), said ? 1 : 0)
        if (said) {
          assert.match(await contrast(page).textContent(), said)
        }
      }))
  }

  /** Shows a reply with other numbers than the server's. */
  async function showing(page, changes) {
    await countScores(page, async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...(await response.json()), ...changes } })
    })
    await button(page).click()
    await meter(page).waitFor()
  }

  it('is high where other meanings have like words', () =>
    onPage({ locale: 'en-US' }, async (page) => {
      await showing(page, { similarity: 0.4, methods: { jaccard: 0.7, edit: 0.5, tfidf: 0.3 } })
      assert.match(await contrast(page).textContent(), /wording is much alike/)
      assert.equal((await readBar(page, 'jaccard')).said, 70)
    }))

  it('contrasts with nothing that is not on a scale', () =>
    onPage({}, async (page) => {
      await showing(page, { calibrated: false, similarity: 0.9, methods: { jaccard: 0, edit: 0.1, tfidf: 0 } })
      assert.equal(await contrast(page).count(), 0)
    }))

  it('is left out where the server knows none', () =>
    onPage({}, async (page) => {
      await showing(page, { methods: undefined })
      assert.equal(await page.locator('[data-literal]').count(), 0)
      assert.ok(!(await alert(page).isVisible()))
    }))
})

describe('why a score is as it is', () => {
  const RETURNS = { sentence_a: '3月起能退货', sentence_b: '5月起不能退货' }
  const words = (page, side) => page.locator(`[data-words=${side}] [data-word]`)

  /** Compares the two sentences and leaves the focus on the button that asks why. */
  async function compared(page, { sentence_a, sentence_b } = RETURNS) {
    await write(page, sentence_a, sentence_b)
    await button(page).click()
    await askWhy(page).waitFor()
  }

  /** The texts of the words on one side, without the numbers below them. */
  const shaded = (page, side) =>
    words(page, side).evaluateAll((all) => all.map((word) => (word.querySelector('.word') ?? word).textContent))

  it('is shown on demand, by words, links and notes', () =>
    onPage({ viewport: { width: 1280, height: 1000 } }, async (page) => {
      const counter = await countScores(page)
      assert.equal(await askWhy(page).count(), 0, 'there is no score yet')
      await compared(page)
      assert.equal(counter.requests, 1, 'nothing is explained before it is asked for')
      assert.equal(await askWhy(page).getAttribute('aria-expanded'), 'false')
      await askWhy(page).click()
      await words(page, 'a').first().waitFor()
      assert.equal(await askWhy(page).getAttribute('aria-expanded'), 'true')

      const { explain } = await ask({ ...RETURNS, explain: true })
      for (const side of ['a', 'b']) {
        assert.deepEqual(await shaded(page, side), explain[side].map((word) => word.text))
        const heaviest = explain[side].toSorted((one, other) => other.weight - one.weight)[0]
        const percent = words(page, side).filter({ hasText: heaviest.text }).locator('rt')
        assert.equal(await percent.textContent(), `${Math.round(100 * heaviest.weight)}%`)
      }
      assert.match(await why(page).getByRole('listitem').filter({ hasText: '↔' }).first().textContent(), /^\S+↔\S+$/)
      await screenshot(page, 'why')

      await askWhy(page).click()
      assert.ok(!(await words(page, 'a').first().isVisible()))
      await askWhy(page).click()
      assert.ok(await words(page, 'a').first().isVisible())
      assert.equal(counter.requests, 2, 'it is asked for once')
    }))

  it('goes when the text changes or another score comes', () =>
    onPage({}, async (page) => {
      await compared(page)
      await askWhy(page).click()
      await words(page, 'a').first().waitFor()
      await box(page, 'b').press('End')
      await box(page, 'b').pressSequentially('吗')
      await why(page).waitFor({ state: 'detached' })
      await box(page, 'b').press('Backspace')
      await askWhy(page).waitFor()
      assert.equal(await words(page, 'a').count(), 0, 'what was found is gone')

      await askWhy(page).click()
      await words(page, 'a').first().waitFor()
      await page.getByRole('button', { name: '天气' }).click()
      await showsScore(page, { sentence_a: '今天天气真不错', sentence_b: '外面阳光明媚' })
      await askWhy(page).waitFor()
      assert.equal(await words(page, 'a').count(), 0)
    }))

  it('is not shown when it comes too late', () =>
    onPage({}, async (page) => {
      let release
      const held = new Promise((resolve) => (release = resolve))
      await compared(page)
      await countScores(page, async (route) => {
        await held
        await route.continue().catch(() => {})
      })
      await askWhy(page).click()
      const busy = why(page).getByRole('button', { expanded: false })
      assert.equal(await busy.textContent().then((text) => text.trim()), '正在逐词分析…')
      assert.equal(await busy.getAttribute('aria-disabled'), 'true')
      await box(page, 'a').fill('4月起能退货')
      release()
      await page.waitForTimeout(200)
      await box(page, 'a').fill(RETURNS.sentence_a)
      await askWhy(page).waitFor()
      assert.equal(await words(page, 'a').count(), 0)
    }))

  for (const [locale, name, elapsed, cancel, said] of [
    ['zh-CN', '正在逐词分析…', /已用 [1-9]\d* 秒/, '取消', '已取消分析。'],
    ['en-US', 'Looking at each word…', /[1-9]\d* s so far/, 'Cancel', 'The analysis was cancelled.'],
  ]) {
    it(`shows that it is being worked on, and for how long, and can be given up (${locale})`, () =>
      onPage({ locale, viewport: { width: 360, height: 740 } }, async (page) => {
        let aborted = 0
        page.on('requestfailed', () => (aborted += 1))
        await compared(page)
        await countScores(page, (route, nth) => (nth === 1 ? undefined : route.continue()))
        await askWhy(page).click()
        const panel = page.locator('section.why')
        const progress = panel.getByRole('progressbar', { name })
        await progress.waitFor()
        assert.equal(await progress.getAttribute('value'), null, 'nobody knows how much is done')
        assert.equal(await panel.getAttribute('aria-busy'), 'true')
        assert.equal(await panel.locator('[aria-live=polite]').textContent(), name)
        assert.match(await meter(page).getAttribute('aria-valuetext') ?? (await page.locator('.face').textContent()), /%/, 'the score is there')
        await panel.getByText(elapsed).waitFor()
        await fitsWidth(page)
        await screenshot(page, `why-wait-${locale}`)

        const ended = page.waitForEvent('requestfailed')
        await panel.getByRole('button', { name: cancel }).click()
        await ended
        await progress.waitFor({ state: 'detached' })
        assert.equal(aborted, 1, 'the request ends, and with it the work of the server')
        assert.equal(await panel.locator('[aria-live=polite]').textContent(), said)
        assert.ok(await askWhy(page).evaluate((element) => element === document.activeElement), 'the focus goes back')
        await askWhy(page).click()
        await words(page, 'a').first().waitFor()
        assert.equal(await progress.count(), 0)
      }))
  }

  it('is given up when the text changes', () =>
    onPage({}, async (page) => {
      let aborted = 0
      page.on('requestfailed', () => (aborted += 1))
      await compared(page)
      await countScores(page, () => undefined)
      await askWhy(page).click()
      await why(page).getByRole('progressbar').waitFor()
      await box(page, 'a').fill('4月起能退货')
      await why(page).waitFor({ state: 'detached' })
      assert.equal(aborted, 1)
    }))

  it('is reached and folded by keyboard', () =>
    onPage({}, async (page) => {
      await compared(page)
      await page.getByRole('button', { name: '开发票' }).focus()
      await page.keyboard.press('Tab')
      assert.ok(await askWhy(page).evaluate((element) => element === document.activeElement))
      await page.keyboard.press('Enter')
      await words(page, 'a').first().waitFor()
      assert.ok(await askWhy(page).evaluate((element) => element === document.activeElement), 'the focus stays')
      await page.keyboard.press('Space')
      await words(page, 'a').first().waitFor({ state: 'hidden' })
    }))

  it('says what went wrong, and can be asked for again', () =>
    onPage({ failing: /status of 429/ }, async (page) => {
      await compared(page)
      const full = refusal(429, 'queue_full', 'Too much work is waiting.')
      await countScores(page, (route, nth) => (nth === 1 ? route.fulfill(full) : route.continue()))
      await askWhy(page).click()
      await why(page).getByRole('alert').getByText('服务器正忙').waitFor()
      await askWhy(page).click()
      await words(page, 'a').first().waitFor()
      assert.equal(await why(page).getByRole('alert').count(), 0)
    }))

  for (const [locale, sayings] of [
    ['zh-CN', { memory_full: '内存暂时不够', too_much_work: '要花的时间太多', model_unavailable: '模型暂时没有回应' }],
    ['en-US', { memory_full: 'no memory to spare', too_much_work: 'too much time', model_unavailable: 'not answering at the moment' }],
  ]) {
    it(`says what the server lacks in the language of the page (${locale})`, () =>
      onPage({ locale, failing: /status of (413|503)/ }, async (page) => {
        await compared(page)
        let code
        await countScores(page, (route) => route.fulfill(refusal(code === 'too_much_work' ? 413 : 503, code, 'As the server says it.')))
        for (const [refused, said] of Object.entries(sayings)) {
          code = refused
          await askWhy(page).click()
          await why(page).getByRole('alert').getByText(said).waitFor()
          await why(page).getByRole('alert').getByText('As the server says it.').waitFor()
        }
      }))
  }

  it('counts characters, and not the units of a string', () =>
    onPage({}, async (page) => {
      const pair = { sentence_a: '😀😀 𠮷野家的天气很好', sentence_b: '今天🌞晴' }
      await compared(page, pair)
      await askWhy(page).click()
      await words(page, 'a').first().waitFor()
      const { explain } = await ask({ ...pair, explain: true })
      for (const side of ['a', 'b']) {
        assert.deepEqual(await shaded(page, side), explain[side].map((word) => word.text))
        const whole = await page.locator(`[data-words=${side}] .sentence`).evaluate((sentence) => {
          const copy = sentence.cloneNode(true)
          copy.querySelectorAll('rt, rp').forEach((number) => number.remove())
          return copy.textContent
        })
        assert.equal(whole, pair[`sentence_${side}`])
      }
    }))

  for (const [locale, colorScheme] of [
    ['zh-CN', 'dark'],
    ['en-US', 'light'],
  ]) {
    it(`fits a phone (${locale}, ${colorScheme})`, () =>
      onPage(
        { locale, colorScheme, viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
        async (page) => {
          await compared(page)
          await askWhy(page).tap()
          await words(page, 'a').first().waitFor()
          assert.ok(await contrastOfWords(page), 'there are words')
          await fitsWidth(page)
          await screenshot(page, `why-phone-${locale}`)

          await compared(page, { sentence_a: 'https://example.org/' + 'x'.repeat(3000), sentence_b: '天气很好' })
          await askWhy(page).tap()
          await words(page, 'b').first().waitFor()
          await why(page).getByText(/开头的部分|only its first/).waitFor()
          await fitsWidth(page)
        },
      ))
  }

  /** Checks that the text of every word stands out from its colour; how many words there are. */
  async function contrastOfWords(page) {
    const ratios = await page.locator('.word').evaluateAll((all) => {
      const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
      const luminance = (...layers) => {
        for (const layer of layers) {
          canvas.fillStyle = layer
          canvas.fillRect(0, 0, 1, 1)
        }
        const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
          const share = part / 255
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
        })
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
      }
      return all.map((word) => {
        const card = getComputedStyle(word.closest('.card')).backgroundColor
        const { color, backgroundColor } = getComputedStyle(word)
        const [dark, light] = [luminance(color), luminance(card, backgroundColor)].sort((one, other) => one - other)
        return (light + 0.05) / (dark + 0.05)
      })
    })
    assert.ok(Math.min(...ratios) >= 4.5, `contrasts of ${ratios}`)
    return ratios.length
  }
})

describe('a failure', () => {
  it('of blank text is found before anything is sent', () =>
    onPage({}, async (page) => {
      const counter = await countScores(page)
      for (const blank of ['', ' \u3000\n', '\u200b']) {
        await write(page, '天气', blank)
        await button(page).click()
        await page.getByText('请先输入文字。').waitFor()
        assert.equal(await box(page, 'b').getAttribute('aria-invalid'), 'true')
        assert.ok(await box(page, 'b').evaluate((element) => element === document.activeElement))
      }
      await page.waitForTimeout(200)
      assert.equal(counter.requests, 0)
      await box(page, 'b').fill('晴')
      assert.equal(await page.getByText('请先输入文字。').count(), 0)
    }))

  it('that the server reports is shown in plain words', () =>
    onPage({ url: `${strict.url}/`, failing: /status of 413/ }, async (page) => {
      await box(page, 'b').fill('天'.repeat(SHORT_TEXTS + 1))
      await button(page).click()
      await alert(page).getByText('句子太长').waitFor()
      const words = await alert(page).textContent()
      assert.match(words, /sentence_b has 51 characters; a text may have 50/)
      assert.equal(await box(page, 'b').getAttribute('aria-invalid'), 'true')
      assert.equal(await box(page, 'a').getAttribute('aria-invalid'), 'false')
      assert.equal(await button(page).count(), 1)
      await screenshot(page, 'error')

      await box(page, 'b').fill('天')
      await alert(page).waitFor({ state: 'hidden' })
      await button(page).click()
      await meter(page).waitFor()
    }))

  it('whose code the page does not know shows what the server says', () =>
    onPage({ failing: /status of 418/ }, async (page) => {
      await countScores(page, (route) => route.fulfill(refusal(418, 'teapot', 'Short and stout.')))
      await button(page).click()
      await alert(page).getByText('Short and stout.').waitFor()
    }))

  it('of the way to the server is told apart from one of the server', () =>
    onPage({ failing: /ERR_CONNECTION_REFUSED|status of 502/ }, async (page) => {
      const answers = [
        (route) => route.abort('connectionrefused'),
        (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }),
        (route) => route.fulfill({ json: { status: 'success' } }),
        (route) => route.continue(),
      ]
      await countScores(page, (route, nth) => answers[nth - 1](route))
      for (const words of ['连接不上服务器', '无法识别（HTTP 502）', '无法识别（HTTP 200）']) {
        await button(page).click()
        await alert(page).getByText(words).waitFor()
      }
      await button(page).click()
      await showsScore(page, EXAMPLE)
      assert.ok(!(await alert(page).isVisible()))
    }))

  it('of a model that is still loading heals itself', () =>
    onPage({ failing: /status of 503/ }, async (page) => {
      const loading = refusal(503, 'loading', 'The model e5-small-zh is still being loaded.', { 'Retry-After': '1' })
      const counter = await countScores(page, (route, nth) => (nth < 3 ? route.fulfill(loading) : route.continue()))
      await button(page).click()
      await page.getByText('模型正在加载').first().waitFor()
      await showsScore(page, EXAMPLE)
      assert.equal(counter.requests, 3)
      assert.ok(!(await alert(page).isVisible()))
    }))
})

describe('the page', () => {
  it('is English for browsers that prefer it, and can be switched', () =>
    onPage({ locale: 'en-GB' }, async (page) => {
      await page.getByRole('heading', { name: 'How close are these two sentences?' }).waitFor()
      assert.equal(await page.locator('html').getAttribute('lang'), 'en')
      await button(page).click()
      await showsScore(page, EXAMPLE)
      await screenshot(page, 'english')

      await page.getByRole('button', { name: '中文' }).click()
      await page.getByRole('heading', { name: '这两句话，意思有多接近？' }).waitFor()
      assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
      await page.reload()
      await page.getByRole('heading', { name: '这两句话，意思有多接近？' }).waitFor()
      await page.getByRole('button', { name: 'English' }).click()
      await page.getByRole('heading', { name: 'How close are these two sentences?' }).waitFor()
    }))

  for (const locale of ['zh-CN', 'en-US']) {
    it(`fits a phone of 360 pixels (${locale})`, () =>
      onPage({ locale, viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }, async (page) => {
        await fitsWidth(page)
        await box(page, 'a').fill('https://example.org/' + 'x'.repeat(3000))
        await button(page).tap()
        await page.locator('[data-note=truncated]').waitFor()
        await fitsWidth(page)
        await page.getByRole('button', { name: /^(退货|Returns)$/ }).tap()
        await showsScore(page, EXAMPLE)
        const { y, height } = await meter(page).boundingBox()
        assert.ok(y >= 0 && y + height <= 740, `out of view: ${y} to ${y + height}`)
        await fitsWidth(page)
        await screenshot(page, `phone-${locale}`)
        await box(page, 'b').fill('')
        await button(page).tap()
        await page.getByText(/^(请先输入文字。|Enter some text first\.)$/).waitFor()
        await fitsWidth(page)
      }))
  }

  it('is dark where the system is', () =>
    onPage({ colorScheme: 'dark' }, async (page) => {
      const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const [red, green, blue] = back.match(/\d+/g).map(Number)
      assert.ok(Math.max(red, green, blue) < 64, back)
      await button(page).click()
      await showsScore(page, EXAMPLE)
      await screenshot(page, 'dark')
    }))

  it('works by keyboard alone', () =>
    onPage({}, async (page) => {
      const reached = []
      for (let i = 0; i < 13; i++) {
        await page.keyboard.press('Tab')
        reached.push(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim()))
      }
      const examples = ['退货', '晚点', '心情', '否定', '不相关', '人工智能', '天气', '开发票']
      assert.deepEqual(reached, ['API 文档', 'English', 'sentence-a', 'sentence-b', '计算相似度', ...examples])
    }))

  it('works under a path prefix', () =>
    onPage({ url: `${proxy.url}${PREFIX}` }, async (page) => {
      const icon = page.locator('.brand img')
      assert.ok(await icon.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)))
      await button(page).click()
      await showsScore(page, EXAMPLE)
    }))
})

describe('a page of another origin', () => {
  it('may compare with a key, and may not list the models', () =>
    onAnotherSite(async (page) => {
      const scored = await page.evaluate(
        async ([url, pair]) => {
          const reply = await fetch(`${url}/similarity`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', Authorization: 'Bearer key' },
            body: JSON.stringify(pair),
          })
          return { status: reply.status, body: await reply.json() }
        },
        [yuyi.url, EXAMPLE],
      )
      assert.equal(scored.status, 200)
      assert.equal(scored.body.similarity, (await ask(EXAMPLE)).similarity)

      assert.equal((await fetch(`${yuyi.url}/v1/models`)).status, 200)
      const models = await page.evaluate(
        (url) => fetch(`${url}/v1/models`).then((reply) => `read: ${reply.status}`, (error) => error.name),
        yuyi.url,
      )
      assert.equal(models, 'TypeError')
    }))
})

async function onAnotherSite(check) {
  const page = await browser.newPage()
  try {
    await page.goto(`${proxy.url}/`)
    await check(page)
  } finally {
    await page.close()
  }
}
