import { createApp } from 'vue'

import ApiPage from './ApiPage.vue'
import '../style.css'

createApp(ApiPage).mount('#app')
