import { html } from 'htm/preact';
import { render } from 'preact';
import type { PageReport } from '../../trace/index.js';
import { FileView } from './file-view.js';
import { LiveView } from './live/live-view.js';

const text = document.getElementById('report')?.textContent ?? '';
const report = JSON.parse(text) as PageReport | { readonly live: true };
const root = document.getElementById('app');
if (root !== null) render('live' in report ? html`<${LiveView} />` : html`<${FileView} ...${report} />`, root);
