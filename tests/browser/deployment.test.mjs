// The server as it is deployed: two replicas behind nginx under a path, and pages of other origins.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { startNginx } from './nginx.mjs'
import { launchBrowser, screenshot, startProxy, startYuyi } from './support.mjs'

const PAIR = { sentence_a: '人工智能改变世界', sentence_b: 'AI 正在重塑未来' }
const REPLICA = ['--base-path', '/yuyi', '--trusted-proxies', '1']

let browser

before(async () => {
  browser = await launchBrowser()
})

after(async () => {
  await browser?.close()
})

function post(url, headers = {}) {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(PAIR),
  })
}

/** Two replicas behind nginx; `check` gets the address of the proxy and the replicas. */
async function deployed(flags, check) {
  const replicas = [await startYuyi(...REPLICA, ...flags), await startYuyi(...REPLICA, ...flags)]
  const nginx = await startNginx(replicas.map((replica) => replica.url))
  try {
    await check(`${nginx.url}/yuyi`, replicas)
  } finally {
    await nginx.stop()
    await Promise.all(replicas.map((replica) => replica.stop()))
  }
}

/** Posts from several clients at once until `end`; statuses with their counts. */
async function traffic(url, end) {
  const statuses = {}
  let over = false
  const client = async () => {
    while (!over) {
      const reply = await post(`${url}/similarity`)
      await reply.arrayBuffer()
      statuses[reply.status] = (statuses[reply.status] ?? 0) + 1
    }
  }
  const clients = [1, 2, 3, 4].map(client)
  await end()
  over = true
  await Promise.all(clients)
  return statuses
}

describe('behind nginx, under a path', () => {
  it('shows the page and answers every route', () =>
    deployed([], async (url) => {
      const context = await browser.newContext({ locale: 'zh-CN', reducedMotion: 'reduce' })
      const page = await context.newPage()
      const errors = []
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
      page.on('pageerror', (error) => errors.push(String(error)))
      // Without the slash: the address as people type it.
      const response = await page.goto(url)
      assert.equal(response.status(), 200)
      assert.equal(page.url(), `${url}/`)
      await page.locator('#sentence-a').fill(PAIR.sentence_a)
      await page.locator('#sentence-b').fill(PAIR.sentence_b)
      await page.getByRole('button', { name: '计算相似度' }).click()
      const shown = Number(await page.getByRole('meter').getAttribute('aria-valuenow'))
      const { similarity } = await (await post(`${url}/similarity`)).json()
      assert.ok(Math.abs(shown - 100 * similarity) <= 1, `${shown} % and ${similarity}`)
      assert.deepEqual(errors, [])
      await screenshot(page, 'behind-nginx')
      await context.close()

      for (const path of ['/livez', '/readyz', '/health', '/v1/models']) {
        assert.equal((await fetch(url + path)).status, 200, path)
      }
      const missing = await fetch(`${url}/no-such-page`)
      assert.equal((await missing.json()).error.code, 'not_found')
    }))

  it('goes on when a replica is killed', () =>
    deployed([], async (url, replicas) => {
      const statuses = await traffic(url, async () => {
        await sleep(500)
        await replicas[0].stop('SIGKILL')
        await sleep(1000)
      })
      assert.deepEqual(Object.keys(statuses), ['200'], JSON.stringify(statuses))
    }))

  it('loses no request when a replica is stopped in order', () =>
    deployed([], async (url, replicas) => {
      const statuses = await traffic(url, async () => {
        await sleep(500)
        assert.equal(await replicas[1].stop(), 0)
        await sleep(300)
      })
      assert.deepEqual(Object.keys(statuses), ['200'], JSON.stringify(statuses))
    }))

  it('counts callers by their own address', () =>
    deployed(['--rate-limit', '2'], async (url, replicas) => {
      const statuses = []
      for (let i = 0; i < 6; i++) {
        // What a client makes up about itself must not help it.
        const reply = await post(`${url}/similarity`, { 'X-Forwarded-For': `203.0.113.${i}` })
        statuses.push(reply.status)
      }
      // Each replica counts for itself.
      assert.deepEqual(statuses.toSorted(), [200, 200, 200, 200, 429, 429])
      const direct = await post(`${replicas[0].url}/similarity`, { 'X-Forwarded-For': '203.0.113.77' })
      assert.equal(direct.status, 200, 'another address has its own allowance')
    }))
})

describe('pages of other origins', () => {
  const KEY = 'a-key-for-this-test'
  let yuyi, elsewhere

  before(async () => {
    elsewhere = await startProxy('http://127.0.0.1:9', '/unused/')
    yuyi = await startYuyi('--api-key', KEY)
  })

  after(async () => {
    await elsewhere?.stop()
    await yuyi?.stop()
  })

  /** What a script of the other page sees of a request. */
  async function fromElsewhere(url, init) {
    const context = await browser.newContext()
    try {
      const page = await context.newPage()
      await page.goto(elsewhere.url)
      return await page.evaluate(
        async ({ url, init }) => {
          try {
            const reply = await fetch(url, init)
            const requestId = reply.headers.get('x-request-id')
            return { status: reply.status, body: await reply.json(), requestId }
          } catch (error) {
            return { blocked: error.name }
          }
        },
        { url, init },
      )
    } finally {
      await context.close()
    }
  }

  const posting = (headers) => ({
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(PAIR),
  })

  it('may send a key and read the answer', async () => {
    const seen = await fromElsewhere(`${yuyi.url}/similarity`, posting({ Authorization: `Bearer ${KEY}` }))
    assert.equal(seen.status, 200)
    assert.equal(seen.body.status, 'success')
    assert.ok(seen.requestId, 'the id of the request can be read')
  })

  it('can read why they are refused', async () => {
    const seen = await fromElsewhere(`${yuyi.url}/similarity`, posting({ Authorization: 'Bearer wrong' }))
    assert.equal(seen.status, 401)
    assert.equal(seen.body.error.code, 'invalid_key')
  })

  it('may not send cookies along', async () => {
    const init = { ...posting({ Authorization: `Bearer ${KEY}` }), credentials: 'include' }
    assert.deepEqual(await fromElsewhere(`${yuyi.url}/similarity`, init), { blocked: 'TypeError' })
  })

  it('may manage models only when they are named', async () => {
    const init = { headers: { Authorization: `Bearer ${KEY}` } }
    assert.deepEqual(await fromElsewhere(`${yuyi.url}/v1/models`, init), { blocked: 'TypeError' })
    const named = await startYuyi('--api-key', KEY, '--cors-origin', elsewhere.url)
    try {
      assert.equal((await fromElsewhere(`${named.url}/v1/models`, init)).status, 200)
    } finally {
      await named.stop()
    }
  })
})
