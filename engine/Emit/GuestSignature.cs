namespace Marketplace.Engine.Emit;

/// <summary>
/// A WebAssembly function as a static method: its parameters, then the instance, then the stack slots that are left. The
/// instance comes last so that operands can stay on the evaluation stack where they were computed.
/// </summary>
internal static class GuestSignature
{
    public static Type[] Parameters(FunctionType type) => [.. type.Parameters.Select(HostDelegates.ClrType), typeof(Instance), typeof(int)];

    /// <summary>The first result; the others are in the run.</summary>
    public static Type Result(FunctionType type) => type.Results.Length == 0 ? typeof(void) : HostDelegates.ClrType(type.Results[0]);
}
