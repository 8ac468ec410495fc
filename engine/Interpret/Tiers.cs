namespace Marketplace.Engine.Interpret;

/// <summary>
/// When functions become machine code. Shows in no result: tests run the same with each of these.
/// </summary>
/// <param name="Interprets">False: each function when it is first called.</param>
/// <param name="PatienceMin">What of a function is interpreted first, about in units of fuel.</param>
/// <param name="PatiencePerByte">And for each byte of its body, since longer functions take longer to compile.</param>
internal sealed record Tiers(bool Interprets, long PatienceMin, long PatiencePerByte)
{
    public static readonly Tiers Default = new(true, EnginePolicy.InterpretedFuelMin, EnginePolicy.InterpretedFuelPerByte);

    public static readonly Tiers CompiledOnly = new(false, 0, 0);

    public long PatienceFor(int bodyBytes) => PatienceMin + (PatiencePerByte * bodyBytes);
}
