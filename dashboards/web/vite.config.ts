import react from '@vitejs/plugin-react';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { stamp } from './stamp';

const silo = process.env.MARKET_URL ?? 'http://127.0.0.1:8080';
const proxied = { target: silo, changeOrigin: true, headers: { origin: silo } };

/** The document says which sources it was made from. */
const stamped: Plugin = {
    name: 'stamped',
    transformIndexHtml: () => [
        {
            tag: 'meta',
            attrs: { name: 'sources', content: stamp(join(import.meta.dirname, '../..')) },
            injectTo: 'head',
        },
    ],
};

// The silo serves what this writes to dist, under a content policy that knows no inline script or style.
export default defineConfig({
    plugins: [react(), stamped],
    resolve: { dedupe: ['@noble/curves', '@noble/hashes'] },
    build: {
        target: 'es2024',
        // An asset inside a script would be a data: URL, which the policy refuses.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 700,
    },
    // One file that imports nothing: its policy lets it load no other.
    worker: { format: 'es' },
    // 'npm run dev' shows the sources with the data of a silo, which answers pages of its own origin alone.
    server: { proxy: { '/v1': proxied, '/health': proxied } },
});
