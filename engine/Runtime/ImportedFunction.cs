using Marketplace.Engine.Interpret;

namespace Marketplace.Engine.Runtime;

/// <summary>What an imported function is bound to in one instance: code of an instance, or a host's delegate.</summary>
internal sealed unsafe class ImportedFunction(FunctionType type, Function? function, Delegate? target)
{
    public readonly FunctionType Type = type;

    /// <summary>Null where the host offers the function.</summary>
    public readonly Function? Function = function;

    /// <summary>Null where an instance offers the function.</summary>
    public readonly Delegate? Target = target;

    private HostCall? _call;

    /// <summary>Calls a typed delegate with arguments from cells.</summary>
    public void Call(Instance caller, long* cells) => (_call ??= HostCalls.For(Type, Target!.GetType()))(Target!, caller, cells);
}
