import { useMutation } from '@tanstack/react-query';
import { Button } from '../ui/Button';
import { ErrorBox } from '../ui/States';
import { toast } from '../ui/Toasts';
import type { Connected } from './useWallet';
import { switchChain } from './wallet';

export function WrongChain({ wallet, chainId }: { wallet: Connected; chainId: string }) {
    const change = useMutation({
        mutationFn: () => switchChain(wallet.provider, chainId),
        onError: (error) => toast(error.message, 'bad'),
    });
    return (
        <>
            <ErrorBox
                error={
                    new Error(
                        `The wallet is on chain ${wallet.chainId}. This market settles on chain ${chainId}, so nothing is sent.`,
                    )
                }
            />
            <div>
                <Button busy={change.isPending} onClick={() => change.mutate()}>
                    Have the wallet change to chain {chainId}
                </Button>
            </div>
        </>
    );
}
