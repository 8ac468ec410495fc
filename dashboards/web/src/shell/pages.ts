import { lazy, type ComponentType } from 'react';

export interface Page {
    /** As wouter matches it. */
    path: string;
    /** In the navigation and the palette; a page without one is reached by links. */
    title?: string;
    component: ComponentType<{ params: Record<string, string | undefined> }>;
}

/** Every page, in the order of the navigation. The code of each is loaded when it is first shown. */
export const pages: Page[] = [
    { path: '/', title: 'Overview', component: lazy(() => import('../pages/overview/Overview')) },
    { path: '/jobs', title: 'Jobs', component: lazy(() => import('../pages/jobs/Jobs')) },
    { path: '/jobs/new', title: 'Run a job', component: lazy(() => import('../pages/submit/Submit')) },
    { path: '/jobs/:id', component: lazy(() => import('../pages/job/Job')) },
    { path: '/programs', title: 'Programs', component: lazy(() => import('../pages/programs/Programs')) },
    { path: '/programs/:id', component: lazy(() => import('../pages/program/Program')) },
    { path: '/workers', title: 'Workers', component: lazy(() => import('../pages/workers/Workers')) },
    { path: '/workers/:id', component: lazy(() => import('../pages/worker/Worker')) },
    { path: '/disputes', title: 'Disputes', component: lazy(() => import('../pages/disputes/Disputes')) },
    { path: '/disputes/:job', component: lazy(() => import('../pages/dispute/Dispute')) },
    { path: '/market', title: 'Market', component: lazy(() => import('../pages/market/Market')) },
    { path: '/ledger', title: 'Ledger', component: lazy(() => import('../pages/ledger/Ledger')) },
    { path: '/ledger/:name', component: lazy(() => import('../pages/ledger/Ledger')) },
    { path: '/money', title: 'Money', component: lazy(() => import('../pages/money/Money')) },
    { path: '/silo', title: 'Silo', component: lazy(() => import('../pages/silo/Silo')) },
    { path: '/join', title: 'Join', component: lazy(() => import('../pages/join/Join')) },
];
