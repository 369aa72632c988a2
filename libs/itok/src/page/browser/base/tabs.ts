import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { press } from './keyboard.js';

interface Tab {
  readonly id: string;
  readonly name: string;
  /** A count shown in the tab without opening it. */
  readonly badge?: string;
}

interface TabsProps {
  readonly tabs: readonly Tab[];
  readonly current: string;
  readonly onChange: (id: string) => void;
  readonly label: string;
  /** The content of the current tab. */
  readonly children: ComponentChildren;
}

/** Tabs following the pattern of the ARIA authoring practices; digit keys open them too. */
export function Tabs({ tabs, current, onChange, label, children }: TabsProps): VNode {
  const move = (by: number): void => {
    const index = tabs.findIndex(({ id }) => id === current);
    const next = tabs[(index + by + tabs.length) % tabs.length];
    if (next === undefined) return;
    onChange(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  const keys = { ArrowRight: () => move(1), ArrowLeft: () => move(-1) };
  return html`<div
      class="tabs"
      role="tablist"
      aria-label=${label}
      onKeyDown=${(event: KeyboardEvent) => press(keys, event)}
    >
      ${tabs.map(
        ({ id, name, badge }, index) =>
          html`<button
            key=${id}
            id="tab-${id}"
            role="tab"
            aria-selected=${String(id === current)}
            aria-controls="panel-${id}"
            aria-keyshortcuts=${String(index + 1)}
            tabindex=${id === current ? 0 : -1}
            onClick=${() => onChange(id)}
          >
            ${name}${badge !== undefined && html`<span class="badge">${badge}</span>`}
          </button>`,
      )}
    </div>
    <div class="panel" role="tabpanel" id="panel-${current}" aria-labelledby="tab-${current}">${children}</div>`;
}
