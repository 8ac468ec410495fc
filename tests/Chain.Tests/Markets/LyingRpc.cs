using System.Reflection;

namespace Marketplace.Chain.Tests.Markets;

/// <summary>A node that says one address wherever a contract has answered another, and else what is true.</summary>
public class LyingRpc : DispatchProxy
{
    private IEvmRpc _true = null!;
    private byte[] _own = null!;
    private byte[] _said = null!;

    public static IEvmRpc Of(IEvmRpc rpc, EvmAddress own, EvmAddress said)
    {
        var lying = Create<IEvmRpc, LyingRpc>();
        var proxy = (LyingRpc)(object)lying;
        (proxy._true, proxy._own, proxy._said) = (rpc, own.ToWord().ToArray(), said.ToWord().ToArray());
        return lying;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var answer = targetMethod!.Invoke(_true, args);
        return targetMethod.Name == nameof(IEvmRpc.Call) ? Change((Task<byte[]>)answer!) : answer;
    }

    private async Task<byte[]> Change(Task<byte[]> asked)
    {
        var answer = await asked;
        for (var at = answer.AsSpan().IndexOf(_own); at >= 0; at = answer.AsSpan().IndexOf(_own))
        {
            _said.CopyTo(answer, at);
        }
        return answer;
    }
}
