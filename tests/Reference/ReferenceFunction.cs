using Marketplace.Engine;
using Marketplace.Reference.Execution;

namespace Marketplace.Reference;

/// <summary>What a host function does: given the instance that calls it, arguments in, results out.</summary>
public delegate ReferenceValue[] ReferenceHost(ReferenceInstance caller, ReferenceValue[] arguments);

/// <summary>A function of an instance: its own code, or the host's under its import.</summary>
public sealed class ReferenceFunction
{
    internal ReferenceFunction(FunctionType type, ReferenceInstance instance, Body body)
    {
        Type = type;
        Instance = instance;
        Body = body;
    }

    internal ReferenceFunction(FunctionType type, ReferenceInstance instance, ReferenceHost host)
    {
        Type = type;
        Instance = instance;
        Host = host;
    }

    public FunctionType Type { get; }

    internal ReferenceInstance Instance { get; }

    /// <summary>Null where the host offers the function.</summary>
    internal Body? Body { get; }

    internal ReferenceHost? Host { get; }
}

/// <summary>A function that the host offers for import.</summary>
public sealed record ReferenceHostFunction(FunctionType Type, ReferenceHost Target);
