import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api/client';
import { key, subscribe, takeTicket } from './api/session';
import { signInByTicket } from './api/signIn';
import { App } from './shell/App';
import { applyTheme } from './shell/ThemeSwitch';
import './style/tokens.css';
import './style/base.css';

applyTheme();
const ticket = takeTicket();
const isSignedIn = key() !== null;
const failure = ticket === null || isSignedIn ? null : await signInByTicket(ticket);

const queries = new QueryClient({
    defaultOptions: {
        queries: {
            // What the silo refuses, it refuses again.
            retry: (count, error) => count < 3 && !(error instanceof ApiError && error.code !== null),
            staleTime: 1000,
        },
    },
});

// What was told to one key is not shown to the next.
let last = key();
subscribe(() => {
    if (key() !== last) {
        last = key();
        queries.clear();
    }
});

const root = document.getElementById('root');
if (root !== null) {
    createRoot(root).render(
        <StrictMode>
            <QueryClientProvider client={queries}>
                <App failure={failure} link={isSignedIn ? ticket : null} />
            </QueryClientProvider>
        </StrictMode>,
    );
}
