namespace Marketplace.Engine.Tests.Spec;

/// <summary>
/// An engine that the official suite is run on, with the host module of the suite and all modules of one file. Refuses, links
/// and traps with the exceptions of <see cref="Marketplace.Engine"/>.
/// </summary>
public interface ISpecEngine
{
    ISpecInstance Instantiate(byte[] module);

    /// <summary>Lets later modules import the instance's exports.</summary>
    void Register(string name, ISpecInstance instance);
}

/// <summary>A module's instance of an <see cref="ISpecEngine"/>.</summary>
public interface ISpecInstance
{
    Value[] Invoke(string export, Value[] arguments);

    Value Global(string export);
}
