import { createElement, use, type ComponentType } from 'react';

export interface PageProps {
    params: Record<string, string | undefined>;
}

/**
 * A page whose code is loaded when it is first shown, or before by `load`. React shows what it had to wait for 300 ms later at the
 * earliest, even where the code was there by then; a page that was loaded before is shown at once.
 */
export function later(from: () => Promise<{ default: ComponentType<PageProps> }>) {
    let loaded: ComponentType<PageProps> | null = null;
    let loading: Promise<ComponentType<PageProps>> | null = null;
    const load = () =>
        (loading ??= from().then(
            (module) => (loaded = module.default),
            (error: unknown) => {
                loading = null;
                throw error;
            },
        ));
    const Page = (props: PageProps) => createElement(loaded ?? use(load()), props);
    return Object.assign(Page, { load });
}
