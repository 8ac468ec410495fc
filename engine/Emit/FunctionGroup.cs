using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.ExceptionServices;

namespace Marketplace.Engine.Emit;

/// <summary>Functions that are emitted together, as the methods of one type.</summary>
internal sealed class FunctionGroup(TypeBuilder type)
{
    public TypeBuilder Type { get; } = type;

    public List<int> Functions { get; } = [];

    /// <summary>So many of them have their code.</summary>
    public int Emitted { get; set; }

    /// <summary>The finished module with the type in it; null until it is created.</summary>
    public Module? Created { get; set; }

    /// <summary>Why it never will be.</summary>
    public ExceptionDispatchInfo? Failure { get; set; }
}
