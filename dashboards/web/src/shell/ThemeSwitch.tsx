import { useState } from 'react';
import { Button } from '../ui/Button';

const name = 'marketplace.theme';
const order = ['system', 'light', 'dark'] as const;
type Theme = (typeof order)[number];
const words: Record<Theme, string> = { system: 'Auto', light: 'Light', dark: 'Dark' };

const stored = (): Theme => order.find((theme) => theme === localStorage.getItem(name)) ?? 'system';

export function applyTheme(theme: Theme = stored()): void {
    if (theme === 'system') {
        delete document.documentElement.dataset.theme;
        localStorage.removeItem(name);
    } else {
        document.documentElement.dataset.theme = theme;
        localStorage.setItem(name, theme);
    }
}

export function ThemeSwitch() {
    const [theme, setTheme] = useState(stored);
    const next = order[(order.indexOf(theme) + 1) % order.length] ?? 'system';
    return (
        <Button
            kind="quiet"
            onClick={() => {
                applyTheme(next);
                setTheme(next);
            }}
            aria-label={`${words[theme]}: colours; change to ${words[next]}`}
        >
            {words[theme]}
        </Button>
    );
}
