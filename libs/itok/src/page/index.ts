export { livePage, livePagePolicy, reportPage } from './page.js';
