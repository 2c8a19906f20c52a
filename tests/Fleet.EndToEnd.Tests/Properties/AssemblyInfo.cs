// Lanes wait more than they compute: terminals have timers.
[assembly: LevelOfParallelism(5)]
