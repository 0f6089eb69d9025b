import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig({
  // The server may sit behind a path prefix that it does not know of.
  base: './',
  plugins: [vue()],
  build: {
    // The content policy of the page allows files of its own host, so nothing is put inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ['index.html', 'docs.html'] },
  },
  server: {
    // `npm run dev` draws the pages and lets a running yuyi answer.
    proxy: { '/similarity': 'http://127.0.0.1:5000', '/openapi.json': 'http://127.0.0.1:5000' },
  },
})
