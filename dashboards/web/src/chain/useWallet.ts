import { useEffect, useState } from 'react';
import { accountOf, chainOf, connect, findProvider, type Provider } from './wallet';
import { toast } from '../ui/Toasts';

export interface Connected {
    provider: Provider;
    address: string;
    chainId: string;
}

/** The browser's wallet once the reader has connected it; nothing is asked of it before. */
export function useWallet() {
    const [wallet, setWallet] = useState<Connected | null>(null);
    const [isBusy, setBusy] = useState(false);
    const provider = wallet?.provider;

    useEffect(() => {
        if (provider === undefined) {
            return;
        }
        let isOver = false;
        const look = () => {
            void Promise.all([accountOf(provider), chainOf(provider)]).then(
                ([address, chainId]) => {
                    if (!isOver) {
                        setWallet(address === null ? null : { provider, address, chainId });
                    }
                },
                (error: unknown) => toast((error as Error).message, 'bad'),
            );
        };
        const events = ['accountsChanged', 'chainChanged', 'disconnect'];
        events.forEach((event) => provider.on?.(event, look));
        return () => {
            isOver = true;
            events.forEach((event) => provider.removeListener?.(event, look));
        };
    }, [provider]);

    const open = async () => {
        const found = findProvider();
        if (found === null) {
            toast(
                'This browser has no wallet. Install one as an extension, or use market account deposit and claim.',
                'bad',
            );
            return;
        }
        setBusy(true);
        try {
            const address = await connect(found);
            if (address === null) {
                toast('The wallet shows no address to this page. Allow one in the wallet.', 'bad');
            } else {
                setWallet({ provider: found, address, chainId: await chainOf(found) });
            }
        } catch (error) {
            toast((error as Error).message, 'bad');
        }
        setBusy(false);
    };

    return { wallet, isBusy, open, close: () => setWallet(null) };
}
