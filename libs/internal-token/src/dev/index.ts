export { DevPageModule, type DevPageOptions } from './dev-page.module.js';
