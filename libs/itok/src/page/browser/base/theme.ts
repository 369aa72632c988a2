import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const STORED_AS = 'itok-theme';

/**
 * The reader's colours: the system's unless chosen here. A page from disk may have no storage: then the choice is not
 * kept.
 */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(stored);
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    try {
      localStorage.setItem(STORED_AS, theme);
    } catch {
      return;
    }
  }, [theme]);
  return [theme, () => setTheme(NEXT[theme])];
}

function stored(): Theme {
  try {
    const value = localStorage.getItem(STORED_AS);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

/** Runs again whenever colours may have changed; for what is painted, not styled. */
export function useColoursChange(repaint: () => void): void {
  useEffect(() => {
    const observer = new MutationObserver(repaint);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', repaint);
    return () => {
      observer.disconnect();
      system.removeEventListener('change', repaint);
    };
  }, [repaint]);
}
