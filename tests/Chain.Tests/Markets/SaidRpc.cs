using System.Reflection;

namespace Marketplace.Chain.Tests.Markets;

/// <summary>A node that answers some questions as a test says, and else what is true.</summary>
public class SaidRpc : DispatchProxy
{
    private IEvmRpc _true = null!;

    /// <summary>The node.</summary>
    public IEvmRpc Rpc => (IEvmRpc)(object)this;

    /// <summary>What each method answers, by its name.</summary>
    public Dictionary<string, object> Said { get; } = [];

    /// <summary>All that it was told, also what it kept to itself.</summary>
    public List<SignedTransaction> Sent { get; } = [];

    public static SaidRpc Of(IEvmRpc rpc)
    {
        var node = (SaidRpc)(object)Create<IEvmRpc, SaidRpc>();
        node._true = rpc;
        return node;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == nameof(IEvmRpc.Send))
        {
            Sent.Add((SignedTransaction)args![0]!);
        }
        return Said.TryGetValue(targetMethod.Name, out var said) ? said : targetMethod.Invoke(_true, args);
    }
}
