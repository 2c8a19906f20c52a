// Most of these tests wait for lines, timers and disks: more of them at once than there are cores.
[assembly: LevelOfParallelism(4)]
