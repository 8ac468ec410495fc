import type { ComponentType } from 'react';
import { later, type PageProps } from './later';

export interface Page {
    /** As wouter matches it. */
    path: string;
    /** In the navigation and the palette; a page without one is reached by links. */
    title?: string;
    component: ComponentType<PageProps> & { load: () => Promise<unknown> };
}

/** Every page, in the order of the navigation. The code of each is loaded when it is first shown, or before. */
export const pages: Page[] = [
    { path: '/', title: 'Overview', component: later(() => import('../pages/overview/Overview')) },
    { path: '/jobs', title: 'Jobs', component: later(() => import('../pages/jobs/Jobs')) },
    { path: '/jobs/new', title: 'Run a job', component: later(() => import('../pages/submit/Submit')) },
    { path: '/jobs/:id', component: later(() => import('../pages/job/Job')) },
    { path: '/programs', title: 'Programs', component: later(() => import('../pages/programs/Programs')) },
    { path: '/programs/:id', component: later(() => import('../pages/program/Program')) },
    { path: '/workers', title: 'Workers', component: later(() => import('../pages/workers/Workers')) },
    { path: '/workers/:id', component: later(() => import('../pages/worker/Worker')) },
    { path: '/disputes', title: 'Disputes', component: later(() => import('../pages/disputes/Disputes')) },
    { path: '/disputes/:job', component: later(() => import('../pages/dispute/Dispute')) },
    { path: '/market', title: 'Market', component: later(() => import('../pages/market/Market')) },
    { path: '/ledger', title: 'Ledger', component: later(() => import('../pages/ledger/Ledger')) },
    { path: '/ledger/:name', component: later(() => import('../pages/ledger/Ledger')) },
    { path: '/money', title: 'Money', component: later(() => import('../pages/money/Money')) },
    { path: '/silo', title: 'Silo', component: later(() => import('../pages/silo/Silo')) },
    { path: '/join', title: 'Join', component: later(() => import('../pages/join/Join')) },
];

/** Loads the code of all pages, one after the other. A page that cannot be loaded is asked for again when it is shown. */
export async function loadPages(): Promise<void> {
    for (const { component } of pages) {
        await component.load().catch(() => undefined);
    }
}
