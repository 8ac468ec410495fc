import type { ReactNode } from 'react';
import styles from './Badge.module.css';

export type Tone = 'good' | 'warn' | 'bad' | 'live' | 'quiet';

export const Badge = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
    <span className={[styles.badge, styles[tone]].join(' ')}>{children}</span>
);

const tones: Record<string, Tone> = {
    pending: 'quiet',
    matched: 'live',
    running: 'live',
    verifying: 'live',
    completed: 'good',
    failed: 'bad',
    cancelled: 'quiet',
    timed_out: 'bad',
    expired: 'warn',
    newcomer: 'quiet',
    good: 'good',
    warning: 'warn',
    probation: 'warn',
    excluded: 'bad',
};

/** A state's or standing's word with its colour: `timed_out` reads 'timed out'. */
export const StateBadge = ({ state }: { state: string }) => (
    <Badge tone={tones[state] ?? 'quiet'}>{state.replaceAll('_', ' ')}</Badge>
);
