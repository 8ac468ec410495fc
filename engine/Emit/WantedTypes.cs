using System.Reflection;
using System.Runtime.CompilerServices;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Where the machine-code compiler comes to a call of a method whose type was not created yet, the runtime asks for the type. Here it gets
/// it: that is the moment when a function is emitted. An exception goes back through the machine-code compiler to the guest's caller, unless
/// the compiler had only wanted to look into the function; then it asks again later.
/// </summary>
internal static class WantedTypes
{
    // Keeps no module alive: an emitter goes when its assembly does.
    private static readonly ConditionalWeakTable<Assembly, ModuleEmitter> Emitters = [];

    static WantedTypes() => AppDomain.CurrentDomain.TypeResolve += (_, wanted) => Create(wanted.RequestingAssembly, wanted.Name);

    /// <summary>From now on the assembly's types are this emitter's to create.</summary>
    public static void Offer(Assembly assembly, ModuleEmitter emitter) => Emitters.TryAdd(assembly, emitter);

    private static Assembly? Create(Assembly? assembly, string name)
    {
        if (assembly is null || !Emitters.TryGetValue(assembly, out var emitter))
        {
            return null;
        }

        emitter.Create(name);
        return assembly;
    }
}
