import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api/client';
import { signInByTicket } from './api/signIn';
import { App } from './shell/App';
import { applyTheme } from './shell/ThemeSwitch';
import './style/tokens.css';
import './style/base.css';

applyTheme();
const failure = await signInByTicket();

const queries = new QueryClient({
    defaultOptions: {
        queries: {
            // What the silo refuses, it refuses again.
            retry: (count, error) => count < 3 && !(error instanceof ApiError && error.code !== null),
            staleTime: 1000,
        },
    },
});

const root = document.getElementById('root');
if (root !== null) {
    createRoot(root).render(
        <StrictMode>
            <QueryClientProvider client={queries}>
                <App failure={failure} />
            </QueryClientProvider>
        </StrictMode>,
    );
}
