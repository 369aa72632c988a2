import { html } from './html.js';
import { page } from './page-layout.js';

export function errorPage(error: string, description = ''): string {
  return page(
    'Not possible',
    html`<span class="badge">Development only</span>
      <h1>This sign-in cannot continue</h1>
      <p class="alarm" role="alert">${description === '' ? error : description}</p>
      <p class="quiet">Start again in the application you came from. Its code for this is <code>${error}</code>.</p>`,
  );
}
